package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestTheLogHoldsNothingOfAPerson(t *testing.T) {
	t.Parallel()
	refused := &pgconn.PgError{Severity: "ERROR", Code: "22P02", Message: `invalid input syntax for type integer: "мария петрова"`}
	taken := &pgconn.PgError{Severity: "ERROR", Code: "23505", Message: "мария петрова is there twice", ConstraintName: "contacts_key", Detail: "Key (key)=(77) already exists."}
	for name, c := range map[string]struct {
		value any
		want  string
	}{
		"a number":                   {"звънете на 0888 123 457", "звънете на [телефон скрит]"},
		"in an error":                {fmt.Errorf("read: %w", errors.New("ЕГН 6101057509")), "read: ЕГН [ЕГН скрито]"},
		"what the database quotes":   {fmt.Errorf("do it: %w", refused), "do it: ERROR: a value was refused (SQLSTATE 22P02)"},
		"what it names":              {errors.Join(errors.New("first"), fmt.Errorf("do it: %w", taken)), "a value was refused by contacts_key"},
		"what the driver quotes":     {errors.New(`failed to encode args[0]: unable to encode "мария петрова" into text format for int8 (OID 20)`), "unable to encode a value into text format"},
		"a caller's address":         {"http: panic serving 192.0.2.77:4711: boom", "panic serving a caller: boom"},
		"in a slice":                 {[]string{"4111 1111 1111 1111"}, "[номер на карта скрит]"},
		"a number of ours":           {int64(6101057509), "6101057509"},
		"another error stays itself": {fmt.Errorf("read: %w", &pgconn.PgError{Severity: "FATAL", Code: "57P01", Message: "terminating connection"}), "terminating connection"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			log := logTo(&out, slog.LevelDebug)
			log.With("with", c.value).WithGroup("g").Debug("m", "a", c.value, slog.Group("in", "b", c.value))
			line := strings.ReplaceAll(out.String(), `\"`, `"`)
			if strings.Count(line, c.want) != 3 || strings.Contains(line, "мария") || strings.Contains(line, "192.0.2") {
				t.Error(line)
			}
		})
	}
}
