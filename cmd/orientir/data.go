package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

var dataKinds = []string{"guides", "help-points", "places", "trainings", "glossary", "signposts"}

// openFile opens a file to read, or standard input for «-».
func openFile(path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("няма файл %s", path)
	}
	return f, err
}

// checkKind refuses what is no kind of data before anything is started.
func checkKind(c *cobra.Command, args []string) error {
	if !slices.Contains(dataKinds, args[0]) {
		return wrong(c, fmt.Sprintf("няма вид %q; има %s", args[0], strings.Join(dataKinds, ", ")))
	}
	return nil
}

func importCommand(env func(string) string) *cobra.Command {
	return &cobra.Command{
		Use:   "import ВИД ФАЙЛ",
		Short: "Внася упътвания, помощни точки, места, обучения, речник или пътепоказатели",
		Long: `ВИД е guides, help-points, places, trainings, glossary (речник на всекидневните думи) или signposts
(теми без упътване и кой е компетентен). Файлът е разделен с табулация или запетая, с имена на
колоните на първия ред; help-points може да е и GeoJSON, places – и файл на GeoNames, guides – Markdown.
Ред на glossary без meaning и ред на signposts само с title премахват своето; каквото файлът не
споменава, остава. Файл, който е грешен на кой да е ред, не променя нищо: показват се редът, колоната и грешката.`,
		Args:      takes(false, "видът", "файлът"),
		ValidArgs: dataKinds,
		PreRunE:   checkKind,
		RunE: withProgram(env, func(ctx context.Context, c *cobra.Command, p *Program, args []string) error {
			f, err := openFile(args[1])
			if err != nil {
				return err
			}
			defer f.Close()
			// What a file refers to, as its settlements, may be in the starter knowledge only.
			if _, err := p.store.LoadStarter(ctx); err != nil {
				return err
			}
			report, err := p.store.Import(ctx, args[0], f)
			if err != nil {
				return fmt.Errorf("%s: %w", args[1], err)
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), report)
			return err
		}),
	}
}

func exportCommand(env func(string) string) *cobra.Command {
	return &cobra.Command{
		Use:       "export ВИД",
		Short:     "Изнася упътвания, помощни точки, места, обучения, речник или пътепоказатели на стандартния изход",
		Args:      takes(false, "видът"),
		ValidArgs: dataKinds,
		PreRunE:   checkKind,
		RunE: withProgram(env, func(ctx context.Context, c *cobra.Command, p *Program, args []string) error {
			return p.store.Export(ctx, args[0], c.OutOrStdout())
		}),
	}
}
