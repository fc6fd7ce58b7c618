package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/bot/webchat"
	"orientir/knowledge"
	"orientir/knowledge/privacy"
	"orientir/retrieval"
)

// withProgram runs a command on the data: attached to what runs already, else on servers of its own for as long as it takes.
func withProgram(env func(string) string, run func(ctx context.Context, c *cobra.Command, p *Program, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		config, err := LoadConfig(env)
		if err != nil {
			return err
		}
		p, err := open(c.Context(), config, newLog(os.Stderr, config.Log, true), false)
		if err != nil {
			return err
		}
		err = run(c.Context(), c, p, args)
		if closeErr := p.Close(); err == nil {
			err = closeErr
		}
		return err
	}
}

func askCommand(env func(string) string) *cobra.Command {
	var asJSON bool
	var place, audience string
	c := &cobra.Command{
		Use:   "ask [--json] [--place МЯСТО] [--audience citizen|business] ВЪПРОС",
		Short: "Отговаря на един въпрос на терминала, както отговаря и чатът",
		Args:  takes(true, "въпросът"),
		PreRunE: func(c *cobra.Command, _ []string) error {
			switch knowledge.Audience(audience) {
			case "", knowledge.Citizen, knowledge.Business:
				return nil
			}
			return wrong(c, fmt.Sprintf("--audience е citizen или business, а не %q", audience))
		},
		RunE: withProgram(env, func(ctx context.Context, c *cobra.Command, p *Program, args []string) error {
			if err := p.know(ctx, c.ErrOrStderr()); err != nil {
				return err
			}
			q := retrieval.Question{Text: strings.Join(args, " "), Place: place, Audience: knowledge.Audience(audience)}
			return p.ask(ctx, c.OutOrStdout(), c.ErrOrStderr(), q, asJSON)
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "отговор като на POST /api/v1/ask")
	c.Flags().StringVar(&place, "place", "", "населено място, за да покаже и най-близката библиотека")
	c.Flags().StringVar(&audience, "audience", "", "citizen (гражданин) или business (фирма)")
	return c
}

// ask answers a question on the terminal. Personal numbers are masked first, as in a message.
func (p *Program) ask(ctx context.Context, out, asides io.Writer, q retrieval.Question, asJSON bool) error {
	var err error
	var hidden []privacy.Kind
	if q.Text, hidden, err = p.store.Mask(ctx, q.Text); err != nil {
		return err
	}
	if q.Place, _, err = p.store.Mask(ctx, q.Place); err != nil {
		return err
	}
	a, err := p.answerer.Answer(ctx, q)
	if err != nil {
		return err
	}
	if q.Place != "" {
		explainPlace(asides, q.Place, a.Place)
	}
	if asJSON {
		return writeJSON(out, webchat.AnswerJSON(a, hidden...))
	}
	if len(hidden) > 0 {
		fmt.Fprintln(asides, i18n.T("bg", "bot.notice_masked", bot.HiddenWords(hidden, "bg")))
	}
	_, err = fmt.Fprintln(out, a.Text)
	return err
}

// explainPlace says on standard error why a place that was given led to no library.
func explainPlace(out io.Writer, words string, m *knowledge.PlaceMatch) {
	switch {
	case m == nil || m.Outcome == knowledge.PlaceUnknown:
		fmt.Fprintf(out, "Не намерих място «%s». Напишете града или селото, и общината.\n", words)
	case m.Outcome == knowledge.PlaceAmbiguous:
		fmt.Fprintf(out, "Има няколко места «%s»:\n", words)
		for _, p := range m.Places {
			fmt.Fprintf(out, "  --place \"%s\"\n", bot.FullPlaceWords(p, "bg"))
		}
	}
}
