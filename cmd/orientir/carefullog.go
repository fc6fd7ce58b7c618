package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"

	"orientir/knowledge/privacy"
)

// logTo is the log of the program on any writer: each line has passed the careful handler.
func logTo(w io.Writer, level slog.Level) *slog.Logger {
	return slog.New(careful{slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})})
}

// longestLogged is how many letters of a value a line of the log shows.
const longestLogged = 8000

// careful is the last guard before a line is written. The code logs ids and no words; but an error may quote what the database, a driver
// or another server was given, and a path may be anything that a stranger typed. So personal numbers are masked in every value, and where
// an error of the database quotes a value, its code stands instead.
type careful struct{ next slog.Handler }

func (c careful) Enabled(ctx context.Context, level slog.Level) bool {
	return c.next.Enabled(ctx, level)
}

func (c careful) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, logged(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(carefully(a))
		return true
	})
	return c.next.Handle(ctx, clean)
}

func (c careful) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = carefully(a)
	}
	return careful{c.next.WithAttrs(clean)}
}

func (c careful) WithGroup(name string) slog.Handler { return careful{c.next.WithGroup(name)} }

// carefully is an attribute as it may be written. Numbers, times and truth values are ids, counts and durations of ours.
func carefully(a slog.Attr) slog.Attr {
	v := a.Value.Resolve()
	switch v.Kind() {
	case slog.KindString:
		v = slog.StringValue(logged(v.String()))
	case slog.KindGroup:
		inner := v.Group()
		clean := make([]slog.Attr, len(inner))
		for i, b := range inner {
			clean[i] = carefully(b)
		}
		v = slog.GroupValue(clean...)
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			v = slog.StringValue(logged(errorWords(err)))
		} else {
			v = slog.StringValue(logged(fmt.Sprint(v.Any())))
		}
	}
	return slog.Attr{Key: a.Key, Value: v}
}

// encoding is how the driver says that it can't send a value: it quotes it.
var encoding = regexp.MustCompile(`(?s)unable to encode .*? into (text|binary) format`)

// errorWords is what an error says, without the values that the database or its driver quote: a class 22 error (data exception) of
// PostgreSQL repeats what it was given, as may those of class 23 (integrity) and those that functions raise.
func errorWords(err error) string {
	words := encoding.ReplaceAllString(err.Error(), "unable to encode a value into $1 format")
	for _, refused := range databaseErrors(err) {
		if refused.Message == "" {
			continue
		}
		switch refused.Code[:min(2, len(refused.Code))] {
		case "22", "23", "P0":
			about := "a value was refused"
			if refused.ConstraintName != "" {
				about += " by " + refused.ConstraintName
			}
			words = strings.ReplaceAll(words, refused.Message, about)
		}
	}
	return words
}

// databaseErrors are all errors of PostgreSQL in a tree of errors.
func databaseErrors(err error) (all []*pgconn.PgError) {
	switch wrapped := err.(type) {
	case *pgconn.PgError:
		return []*pgconn.PgError{wrapped}
	case interface{ Unwrap() []error }:
		for _, inner := range wrapped.Unwrap() {
			all = append(all, databaseErrors(inner)...)
		}
		return all
	}
	if inner := errors.Unwrap(err); inner != nil {
		return databaseErrors(inner)
	}
	return nil
}

// peer is where the HTTP server names a caller: «http: panic serving 192.0.2.7:4711: …».
var peer = regexp.MustCompile(`(serving |from |remote error from )(\[[0-9a-fA-F:.%a-z]+\]|[0-9]+(?:\.[0-9]+){3}):[0-9]+`)

// obeyed says whether a terminal would do something at a letter, or turn the text around it, that JSON lets through: the handlers write out those
// of ASCII themselves.
func obeyed(r rune) bool { return r >= 0x7f && !unicode.IsPrint(r) }

// logged is a text as it may stand in the log: without personal numbers, without a caller's address, of letters that can be seen, and not endless.
func logged(text string) string {
	if len(text) > 4*longestLogged {
		text = strings.ToValidUTF8(text[:4*longestLogged], "")
	}
	text = peer.ReplaceAllString(text, "${1}a caller")
	text, _ = privacy.Mask(text)
	if runes := []rune(text); len(runes) > longestLogged {
		text = string(runes[:longestLogged]) + "…"
	}
	if !strings.ContainsFunc(text, obeyed) {
		return text
	}
	var seen strings.Builder
	for _, r := range text {
		if quoted := strconv.QuoteRune(r); obeyed(r) {
			seen.WriteString(quoted[1 : len(quoted)-1])
		} else {
			seen.WriteRune(r)
		}
	}
	return seen.String()
}
