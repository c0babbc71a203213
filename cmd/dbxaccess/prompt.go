package main

import "context"

// ask puts a question to the person and returns the line they typed.
func (a *app) ask(ctx context.Context, question string) (string, error) {
	return a.streams.Ask(ctx, question)
}

// askHidden is ask without showing what is typed.
func (a *app) askHidden(ctx context.Context, question string) (string, error) {
	return a.streams.AskHidden(ctx, question)
}
