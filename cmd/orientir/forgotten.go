package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"orientir/bot"
)

func forgottenCommand(env func(string) string) *cobra.Command {
	var wait time.Duration
	c := &cobra.Command{
		Use:   "forgotten",
		Short: "Изтрива отново хората, които възстановено резервно копие е върнало",
		Long: `Който е поискал да бъде изтрит, стои още в резервните копия, докато изтече техният срок. Затова:

  orientir forgotten keep forgotten.tsv        всеки час; пазете файла отделно от копията
  orientir forgotten show forgotten.tsv        показва файла, за да го запазите и другаде
  orientir forgotten export                    същото на екрана, само каквото базата още помни
  orientir forgotten replay forgotten.tsv      след възстановяване, преди да пуснете сървъра за хората

Във файла има номера и часове, никакви данни за хора. Повторно изпълнение не променя нищо.`,
		Args: cobra.ArbitraryArgs,
		RunE: oneOf,
	}
	c.PersistentFlags().DurationVar(&wait, "wait", 0, "колко да чака база, до която още не се стига, например 10m")
	c.AddCommand(&cobra.Command{
		Use: "export", Short: "Показва кои контакти са изтрити: номер, кога е създаден, кога е изтрит", Args: takes(false),
		RunE: awaiting(&wait, withProgram(env, func(ctx context.Context, c *cobra.Command, p *Program, _ []string) error {
			list, err := bot.NewConversations(p.pool, p.redis, bot.Options{Log: p.log}).Forgotten(ctx)
			if err != nil {
				return err
			}
			return writeForgotten(c.OutOrStdout(), list)
		})),
	}, &cobra.Command{
		Use: "keep ФАЙЛ", Short: "Добавя изтритите към файл; каквото вече стои в него, остава, докато изтече срокът му", Args: takes(false, "файлът"),
		RunE: awaiting(&wait, withProgram(env, func(ctx context.Context, _ *cobra.Command, p *Program, args []string) error {
			list, err := bot.NewConversations(p.pool, p.redis, bot.Options{Log: p.log}).Forgotten(ctx)
			if err != nil {
				return err
			}
			return keepForgotten(args[0], list, time.Now())
		})),
	}, &cobra.Command{
		Use: "show ФАЙЛ", Short: "Показва файла с изтритите; отказва повреден", Args: takes(false, "файлът"),
		RunE: func(c *cobra.Command, args []string) error {
			list, err := readForgottenFile(args[0])
			if err != nil {
				return err
			}
			return writeForgotten(c.OutOrStdout(), list)
		},
	}, &cobra.Command{
		Use: "replay ФАЙЛ", Short: "Изтрива отново, каквото резервното копие е върнало; «-» чете от стандартния вход", Args: takes(false, "файлът"),
		RunE: awaiting(&wait, withProgram(env, func(ctx context.Context, c *cobra.Command, p *Program, args []string) error {
			list, err := readForgottenFile(args[0])
			if err != nil {
				return err
			}
			conversations := bot.NewConversations(p.pool, p.redis, bot.Options{Log: p.log})
			if empty, err := conversations.Empty(ctx); err != nil {
				return err
			} else if empty && len(list) > 0 {
				return errors.New("в тази база никой никога не е писал: не е възстановена или е друга. Проверете DATABASE_URL и възстановяването")
			}
			site, err := p.build(prometheus.NewRegistry())
			if err != nil {
				return err
			}
			remembered, err := conversations.Forgotten(ctx)
			if err != nil {
				return err
			}
			again, err := site.engine.ForgetAgain(ctx, list)
			if err != nil {
				return err
			}
			unknown := unremembered(list, remembered)
			fmt.Fprintf(c.OutOrStdout(), "В списъка: %d. Изтрити отново: %d. Базата не помнеше: %d.\n", len(list), again, unknown)
			if unknown == 0 && len(list) > 0 {
				fmt.Fprintln(c.OutOrStdout(), "Базата помнеше всички от списъка. Ако някой е поискал да бъде изтрит след момента, към който сте я върнали, командата е стигнала до друга база: проверете DATABASE_URL.")
			}
			return nil
		})),
	})
	return c
}

// unremembered is how many of a list aren't in what a database remembers: where it was brought back to an earlier moment, those since then.
func unremembered(list, remembered []bot.Forgotten) (n int) {
	type contact struct{ id, created int64 }
	known := map[contact]bool{}
	for _, f := range remembered {
		known[contact{f.Contact, f.CreatedAt.UnixMicro()}] = true
	}
	for _, f := range list {
		if !known[contact{f.Contact, f.CreatedAt.UnixMicro()}] {
			n++
		}
	}
	return n
}

// keepForgotten adds a list to the one in a file, which is written whole or not at all. A database that was restored has lost what the file still has;
// after bot.ForgottenKept the file lets it go too.
func keepForgotten(file string, list []bot.Forgotten, now time.Time) error {
	before, err := os.Open(file)
	if err == nil {
		var kept []bot.Forgotten
		kept, err = readForgotten(before)
		before.Close()
		list = append(kept, list...)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", file, err)
	}
	list = slices.DeleteFunc(list, func(f bot.Forgotten) bool { return now.Sub(f.ForgottenAt) > bot.ForgottenKept })
	slices.SortStableFunc(list, func(a, b bot.Forgotten) int {
		return cmp.Or(a.ForgottenAt.Compare(b.ForgottenAt), cmp.Compare(a.Contact, b.Contact), a.CreatedAt.Compare(b.CreatedAt))
	})
	list = slices.CompactFunc(list, func(a, b bot.Forgotten) bool {
		return a.Contact == b.Contact && a.CreatedAt.Equal(b.CreatedAt) && a.ForgottenAt.Equal(b.ForgottenAt)
	})
	// Under a name of its own: somebody may run this by hand while the job does. Of two at once the last one's list stays; the next adds the rest.
	part, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".part*")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name())
	err = errors.Join(writeForgotten(part, list), part.Sync(), part.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(part.Name(), file); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(file))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

const forgottenHeader = "contact\tcreated_at\tforgotten_at"

func writeForgotten(w io.Writer, list []bot.Forgotten) error {
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, forgottenHeader)
	for _, f := range list {
		fmt.Fprintf(out, "%d\t%s\t%s\n", f.Contact, f.CreatedAt.UTC().Format(time.RFC3339Nano), f.ForgottenAt.UTC().Format(time.RFC3339Nano))
	}
	return out.Flush()
}

func readForgottenFile(file string) ([]bot.Forgotten, error) {
	f, err := openFile(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := readForgotten(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return list, nil
}

// readForgotten reads what writeForgotten wrote. A file that is wrong in any row is refused whole.
func readForgotten(r io.Reader) (list []bot.Forgotten, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		if n == 1 && lines.Text() == forgottenHeader || lines.Text() == "" {
			continue
		}
		cells := strings.Split(lines.Text(), "\t")
		if len(cells) != 3 {
			return nil, fmt.Errorf("ред %d няма три колони", n)
		}
		f := bot.Forgotten{}
		if f.Contact, err = strconv.ParseInt(cells[0], 10, 64); err != nil {
			return nil, fmt.Errorf("ред %d: няма номер", n)
		}
		for i, into := range []*time.Time{&f.CreatedAt, &f.ForgottenAt} {
			if *into, err = time.Parse(time.RFC3339Nano, cells[i+1]); err != nil {
				return nil, fmt.Errorf("ред %d: няма час в колона %d", n, i+2)
			}
		}
		list = append(list, f)
	}
	return list, lines.Err()
}
