package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"orientir/retrieval"
)

func evalCommand(env func(string) string) *cobra.Command {
	var asJSON, misses bool
	var earlier string
	c := &cobra.Command{
		Use:   "eval [--json] [--misses] [--compare ПРЕДИ.json] ФАЙЛ",
		Short: "Мери отговорите с файл с въпроси",
		Long: `Задава всички въпроси от файл с колони question, expected, kind, language (разделени с табулация)
и печата мерките: общо, по вид и по език, и колко може да се вярва на увереността.
--misses казва за всеки друг отговор защо е такъв: кое правило го е взело, кой праг го е спрял
или кое упътване е излязло напред и с какво. Не влиза в статистиката.

Две измервания се сравняват така:

  orientir eval --json ФАЙЛ > преди.json
  orientir eval --compare преди.json ФАЙЛ`,
		Args: takes(false, "файлът"),
		PreRunE: func(c *cobra.Command, _ []string) error {
			if earlier != "" && misses {
				return wrong(c, "--compare показва и причините; --misses е излишно")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			var before retrieval.Report
			if earlier != "" { // a wrong file is found before anything starts
				f, err := openFile(earlier)
				if err != nil {
					return err
				}
				before, err = retrieval.ReadReport(f)
				f.Close()
				if err != nil {
					return fmt.Errorf("%s: %w", earlier, err)
				}
			}
			return withProgram(env, func(ctx context.Context, c *cobra.Command, p *Program, args []string) error {
				report, err := p.evaluate(ctx, c.ErrOrStderr(), args[0])
				if err != nil {
					return err
				}
				switch out := c.OutOrStdout(); {
				case earlier != "" && asJSON:
					return writeJSON(out, retrieval.Compare(before, report))
				case earlier != "":
					return retrieval.Compare(before, report).Print(out)
				case asJSON:
					return writeJSON(out, report)
				default:
					return report.Print(out, misses)
				}
			})(c, args)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "мерките и всички редове като JSON")
	c.Flags().BoolVar(&misses, "misses", false, "показва и въпросите, на които отговорът е друг, и защо")
	c.Flags().StringVar(&earlier, "compare", "", "по-ранно измерване (от --json), с което да се сравни")
	return c
}

// evaluate measures the answers with a question file, once questions can be answered.
func (p *Program) evaluate(ctx context.Context, progress io.Writer, name string) (retrieval.Report, error) {
	f, err := openFile(name)
	if err != nil {
		return retrieval.Report{}, err
	}
	defer f.Close()
	if err := p.know(ctx, progress); err != nil {
		return retrieval.Report{}, err
	}
	report, err := retrieval.Evaluate(ctx, p.answerer, f)
	if err != nil {
		return retrieval.Report{}, fmt.Errorf("%s: %w", name, err)
	}
	return report, nil
}

// writeJSON writes a value for people and programs: indented, with & and < as they are.
func writeJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
