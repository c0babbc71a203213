package dex

import (
	"context"

	"github.com/dbxaccess/dbxaccess/e2e/internal/browser"
)

// Approve does what a person does with a browser: open the verification page, enter the user code, log in as the user
// and grant access.
func Approve(ctx context.Context, verificationURI, userCode string, user User) error {
	return browser.Walk(ctx, verificationURI, map[string]string{
		"user_code": userCode, "login": user.Email, "password": user.Password, "approval": "approve",
	}, "Login Successful")
}
