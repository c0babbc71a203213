package mapcmd

import (
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dbxaccess/dbxaccess/internal/accessmap"
	"github.com/dbxaccess/dbxaccess/internal/accessmap/source"
	"github.com/dbxaccess/dbxaccess/internal/cli"
	"github.com/dbxaccess/dbxaccess/internal/ui"
)

// fileFlag adds --map.
func fileFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "map", "", "read this `file` instead of the map in use; - is standard input")
}

// mapFrom parses a named file, else the map in use.
func mapFrom(env *cli.Env, file string) (*accessmap.Map, error) {
	switch file {
	case "":
		m, _, err := env.Map()
		if none, ok := errors.AsType[*ui.Error](err); ok && none.ID == "map-missing" {
			first := *none
			first.Fix = append(slices.Clone(none.Fix), ui.Advice("to begin your organisation's first: dbxaccess map new")...)
			err = &first
		}
		return m, err
	case "-":
		data, err := readInput(env, accessmap.MaxSize)
		if err != nil {
			return nil, err
		}
		return accessmap.Parse("standard input", data)
	}
	m, _, err := source.Load(file)
	return m, err
}

// readInput reads standard input, at most so many bytes.
func readInput(env *cli.Env, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(env.Streams.In, int64(limit)+1))
	switch {
	case err != nil:
		return nil, ui.Errorf("input-unreadable", ui.Failed, "reading standard input: %w", err).
			With(ui.Advice("check what is piped in, or name a file"))
	case len(data) > limit:
		return nil, ui.Errorf("input-too-large", ui.Failed, "standard input has more than %d bytes", limit).
			With(ui.Advice("check what is piped in"))
	}
	return data, nil
}
