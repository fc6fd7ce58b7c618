package postgres_test

import (
	"context"
	"testing"
	"time"

	"orientir/deploy/postgres"
	"orientir/deploy/postgres/postgrestest"
)

// A process is gone in the middle of a transaction, and nobody hangs up for it: its locks don't outlive it for long. One that reads a large file is let be.
func TestTheLocksOfWhoVanishedAreSoonFree(t *testing.T) {
	t.Parallel()
	at := postgrestest.URL(t)
	gone, others := open(t, at), open(t, at)
	if _, err := others.Exec(t.Context(), `CREATE TABLE people (id int PRIMARY KEY); INSERT INTO people VALUES (1), (2)`); err != nil {
		t.Fatal(err)
	}
	hold := func(id int, unhurried bool) {
		tx, err := gone.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tx.Rollback(context.Background()) })
		if unhurried {
			err = postgres.Unhurried(t.Context(), tx)
		}
		if err == nil {
			_, err = tx.Exec(t.Context(), `SELECT FROM people WHERE id = $1 FOR UPDATE`, id)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	hold(1, false)
	hold(2, true)
	patient, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	if _, err := others.Exec(patient, `SELECT FROM people WHERE id = 1 FOR UPDATE`); err != nil {
		t.Errorf("who vanished still has their row: %v", err)
	}
	if _, err := others.Exec(t.Context(), `SELECT FROM people WHERE id = 2 FOR UPDATE NOWAIT`); !postgres.Away(err) {
		t.Errorf("who reads a file has lost their row: %v", err)
	}
}
