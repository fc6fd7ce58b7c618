package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"orientir/knowledge"
)

// checked is what `orientir check guides --json` gives.
type checked struct {
	Guides   int                 `json:"guides"`
	Must     int                 `json:"must"` // findings that must be mended
	Should   int                 `json:"should"`
	Findings []knowledge.Finding `json:"findings"`
}

func checkCommand(env func(string) string) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "check guides [--json] [ПАПКА]",
		Short: "Проверява упътванията: връзки, източници, изключения, език, имена",
		Long: `Проверява публикуваните упътвания или файловете <slug>.md и <slug>.en.md в папка, срещу
хостовете и общините, с които идва програмата.

Трябва да се поправи: връзка извън списъка на официалните сайтове; липсващо изключение; липсващ
или минал review_by; източник, прочетен в бъдещето; сума в левове; сума в евро, която никой
източник, четен след 1 януари 2026 г., не потвърждава и която няма fee_note; срок в миналото; две
упътвания с едно всекидневно име, без apart да казва как се различават; related, apart или
replaced_by към упътване, което го няма; раздел, който английският текст няма; непозната община;
език, по-труден от обикновения.
Трябва да се погледне: източник, който не се знае кога е четен или е четен преди годината до
review_by; бедни изключения; изречение над 20 думи; стара дата; по-къс английски списък.

Езикът се мери с LIX (C. H. Björnsson, Läsbarhet, Стокхолм: Liber, 1968): думи в изречение плюс
процента на думите с над шест букви. Обикновен език е до 45 на български и до 40 на английски;
официалните страници, с които мерихме, са между 52 и 92.

Кодът на изход е 1, ако нещо трябва да се поправи.`,
		ValidArgs: []string{"guides"},
		Args: func(c *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return wrong(c, "липсва видът: guides")
			case args[0] != "guides":
				return wrong(c, fmt.Sprintf("няма вид %q; има guides", args[0]))
			case len(args) > 2:
				return wrong(c, fmt.Sprintf("излишно е %q", args[2]))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			report := func(found []knowledge.Finding, count int) error {
				return printChecked(c.OutOrStdout(), found, count, asJSON)
			}
			if len(args) == 2 {
				folder, err := openFolder(args[1])
				if err != nil {
					return err
				}
				found, count, err := knowledge.CheckGuideFiles(folder, time.Now())
				if err != nil {
					return fmt.Errorf("%s: %w", args[1], err)
				}
				if count == 0 && len(found) == 0 {
					return fmt.Errorf("няма упътвания в %s", args[1])
				}
				return report(found, count)
			}
			return withProgram(env, func(ctx context.Context, _ *cobra.Command, p *Program, _ []string) error {
				if _, err := p.store.LoadStarter(ctx); err != nil {
					return err
				}
				found, count, err := p.store.CheckGuides(ctx, time.Now())
				if err != nil {
					return err
				}
				return report(found, count)
			})(c, args)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "намереното като JSON")
	return c
}

func openFolder(path string) (fs.FS, error) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("няма папка %s", path)
	case err != nil:
		return nil, err
	case !info.IsDir():
		return nil, fmt.Errorf("%s не е папка", path)
	}
	return os.DirFS(path), nil
}

// printChecked prints what was found, what must be mended first; such a thing is exit status 1.
func printChecked(out io.Writer, found []knowledge.Finding, count int, asJSON bool) error {
	all := checked{Guides: count, Findings: []knowledge.Finding{}}
	var should []knowledge.Finding
	for _, f := range found {
		if f.Must {
			all.Findings = append(all.Findings, f)
		} else {
			should = append(should, f)
		}
	}
	all.Must, all.Should = len(all.Findings), len(should)
	all.Findings = append(all.Findings, should...)
	if asJSON {
		if err := writeJSON(out, all); err != nil {
			return err
		}
	} else {
		printFindings(out, "Трябва да се поправи:", all.Findings[:all.Must])
		printFindings(out, "Трябва да се погледне:", all.Findings[all.Must:])
		if _, err := fmt.Fprintf(out, "упътвания: %d, за поправяне: %d, за поглеждане: %d\n", count, all.Must, all.Should); err != nil {
			return err
		}
	}
	if all.Must > 0 {
		return &exitStatus{1}
	}
	return nil
}

// printFindings prints one line for each finding; what several guides have alike is one line with their names.
func printFindings(out io.Writer, heading string, found []knowledge.Finding) {
	if len(found) == 0 {
		return
	}
	fmt.Fprintln(out, heading)
	guides := map[string][]string{}
	var order []string
	for _, f := range found {
		words := f.Rule + ": " + f.What
		if guides[words] == nil {
			order = append(order, words)
		}
		name := f.Guide
		if f.Language != "" {
			name += "." + string(f.Language)
		}
		guides[words] = append(guides[words], name)
	}
	for _, words := range order {
		if list := guides[words]; len(list) == 1 {
			fmt.Fprintf(out, "  %s: %s\n", list[0], words)
		} else {
			fmt.Fprintf(out, "  %s (%d): %s\n", words, len(list), strings.Join(list, ", "))
		}
	}
	fmt.Fprintln(out)
}
