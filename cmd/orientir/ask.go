package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/bot/webchat"
	"orientir/knowledge"
	"orientir/retrieval"
)

// withProgram runs a command on the data: attached to what runs already, else on servers of its own for as long as it takes.
func withProgram(env func(string) string, run func(ctx context.Context, c *cobra.Command, p *Program, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		config, err := LoadConfig(env)
		if err != nil {
			return err
		}
		p, err := open(c.Context(), config, newLog(true), false)
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
			text, hidden, err := p.store.Mask(ctx, strings.Join(args, " "))
			if err != nil {
				return err
			}
			if place, _, err = p.store.Mask(ctx, place); err != nil {
				return err
			}
			q := retrieval.Question{Text: text, Place: place, Audience: knowledge.Audience(audience)}
			if err := p.know(ctx, c.ErrOrStderr()); err != nil {
				return err
			}
			a, err := p.answerer.Answer(ctx, q)
			if err != nil {
				return err
			}
			if place != "" {
				explainPlace(c.ErrOrStderr(), place, a.Place)
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), webchat.AnswerJSON(a, hidden...))
			}
			if len(hidden) > 0 {
				fmt.Fprintln(c.ErrOrStderr(), i18n.T("bg", "bot.notice_masked", bot.HiddenWords(hidden, "bg")))
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), a.Text)
			return err
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "отговор като на POST /api/v1/ask")
	c.Flags().StringVar(&place, "place", "", "населено място, за да покаже и най-близката библиотека")
	c.Flags().StringVar(&audience, "audience", "", "citizen (гражданин) или business (фирма)")
	return c
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
