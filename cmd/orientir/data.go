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

	"orientir/bot"
	"orientir/knowledge"
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
	var dry, all bool
	var format string
	c := &cobra.Command{
		Use:   "import ВИД ФАЙЛ",
		Short: "Внася упътвания, помощни точки, места, обучения, речник или пътепоказатели",
		Long: `ВИД е guides, help-points, places, trainings, glossary (речник на всекидневните думи) или signposts
(теми без упътване и кой е компетентен). Файлът е разделен с табулация или запетая, с имена на
колоните на първия ред; help-points може да е и GeoJSON или извадка от OpenStreetMap (.osm или JSON на
Overpass; взема се amenity=library; и каквото export --format osm изнася), places – и файл на GeoNames. guides е
Markdown с едно или няколко упътвания, архив .zip с такива файлове или CPSV-AP в JSON-LD (от файла не се тегли нищо).
Ред на glossary без meaning и ред на signposts само с title премахват своето; каквото файлът не
споменава, остава. Файл, който е грешен на кой да е ред, не променя нищо: показват се редът, колоната и грешката.

Помощните точки се познават по номера си в източника, по id, после по име и място; нищо не се удвоява и
нищо, което библиотека е написала сама, не се променя. Ред, който може да е някоя от познатите, не се внася и се показва.`,
		Args:      takes(false, "видът", "файлът"),
		ValidArgs: dataKinds,
		PreRunE: func(c *cobra.Command, args []string) error {
			if format != "" && (args[0] != "guides" || !slices.Contains(knowledge.GuideFormats(), format)) {
				return wrong(c, fmt.Sprintf("няма формат %q за %s", format, args[0]))
			}
			return checkKind(c, args)
		},
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
			o := knowledge.ImportOptions{DryRun: dry, Format: format, SignedUp: bot.SignedUp, Row: func(row knowledge.ImportRow) {
				untaken := row.Outcome == knowledge.RowAmbiguous || row.Outcome == knowledge.RowFault
				if all || untaken || dry && row.Outcome != knowledge.RowUnchanged {
					fmt.Fprintln(c.OutOrStdout(), row)
				}
			}}
			report, err := p.store.ImportWith(ctx, args[0], f, o)
			if err != nil {
				return fmt.Errorf("%s: %w", args[1], err)
			}
			if dry {
				fmt.Fprint(c.OutOrStdout(), "Нищо не е променено. Биха били: ")
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), report)
			return err
		}),
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "показва какво би се променило, ред по ред за help-points и guides, и не променя нищо")
	c.Flags().StringVar(&format, "format", "", "за guides: markdown, zip или jsonld; без него се познава от самия файл")
	c.Flags().BoolVar(&all, "report", false, "показва какво е станало с всеки ред на help-points и guides, и без промяна")
	return c
}

func exportCommand(env func(string) string) *cobra.Command {
	format := "csv"
	c := &cobra.Command{
		Use:   "export ВИД",
		Short: "Изнася упътвания, помощни точки, места, обучения, речник или пътепоказатели на стандартния изход",
		Long: `ВИД е guides, help-points, places, trainings, glossary или signposts. Каквото излезе, import го чете обратно.

--format jsonld е речникът на ЕС за публични услуги CPSV-AP 3, --format zip – архив с по един файл Markdown на упътване и език.

--format osm е извадка от OpenStreetMap (.osm) за програми за карти. Каквото картата не може да каже, стои в
етикети orientir:…. Точка, на която знаем само селището, не е node, а relation без членове: средата на селището
не е нейното място. Колко са такива, се казва на стандартния изход за грешки.`,
		Args:      takes(false, "видът"),
		ValidArgs: dataKinds,
		PreRunE: func(c *cobra.Command, args []string) error {
			kinds := map[string]string{"geojson": "help-points", "osm": "help-points", "markdown": "guides", "zip": "guides", "jsonld": "guides"}
			if only := kinds[format]; only == "" && format != "csv" && format != "tsv" || only != "" && args[0] != only {
				return wrong(c, fmt.Sprintf("няма формат %q за %s", format, args[0]))
			}
			return checkKind(c, args)
		},
		RunE: withProgram(env, func(ctx context.Context, c *cobra.Command, p *Program, args []string) error {
			if format == "osm" {
				unplaced, err := p.store.ExportOSM(ctx, c.OutOrStdout())
				if err == nil && unplaced > 0 {
					_, err = fmt.Fprintf(c.ErrOrStderr(), "Без точно място: %d. Те са в извадката като relation без членове и на карта не се виждат.\n", unplaced)
				}
				return err
			}
			if args[0] == "guides" {
				return p.store.ExportGuides(ctx, format, knowledge.CPSVOptions{Base: strings.TrimSuffix(p.config.PublicURL.String(), "/")}, c.OutOrStdout())
			}
			return p.store.ExportAs(ctx, args[0], format, c.OutOrStdout())
		}),
	}
	c.Flags().StringVar(&format, "format", format, "csv, tsv; за help-points и geojson, osm; за guides markdown (по подразбиране), zip, jsonld")
	return c
}
