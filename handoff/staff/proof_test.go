package staff

import (
	"errors"
	"testing"
)

func TestAProofIsOfOneSessionAndNotForLong(t *testing.T) {
	ctx, s, pool := setup(t)
	a := add(t, s, "a@example.bg", Admin)
	token, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.7"))
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.8"))
	if err != nil {
		t.Fatal(err)
	}
	session := func(token Token) Session {
		t.Helper()
		session, _, ok, err := s.Session(ctx, token)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return session
	}
	if got := session(token); got.Proved || !got.Young {
		t.Errorf("signing in is a proof, or not young: %+v", got)
	}
	if err := s.Prove(ctx, session(token).ID, a, "грешна парола 1", from("192.0.2.7")); !errors.Is(err, ErrSignIn) || session(token).Proved {
		t.Errorf("a wrong password: %v", err)
	}
	if err := s.Prove(ctx, session(token).ID, a, goodPassword, from("192.0.2.7")); err != nil || !session(token).Proved {
		t.Errorf("the right password: %v", err)
	}
	if session(other).Proved {
		t.Error("another session of the account is proved with it")
	}
	exec(t, pool, `UPDATE staff_sessions SET proved_at = proved_at - $1::interval, created_at = created_at - $1::interval`, ProofLife)
	if got := session(token); got.Proved || got.Young {
		t.Errorf("a proof lasts: %+v", got)
	}
	// Guesses are few, as at signing in.
	var many *TooMany
	for range 5 {
		err = s.Prove(ctx, session(other).ID, a, "грешна парола 1", from("192.0.2.9"))
	}
	if err = s.Prove(ctx, session(other).ID, a, goodPassword, from("192.0.2.9")); !errors.As(err, &many) {
		t.Errorf("guesses go on: %v", err)
	}
	if err := s.EndSessions(ctx, 0, a.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Prove(ctx, 1, a, goodPassword, from("192.0.2.7")); !errors.Is(err, ErrNotFound) {
		t.Errorf("a session that ended: %v", err)
	}
	entries, err := s.Audit(ctx, AuditFilter{Area: "session"})
	if err != nil {
		t.Fatal(err)
	}
	proofs := 0
	for _, e := range entries {
		if e.Verb == "session.prove" && e.By == a.ID {
			proofs++
		}
	}
	if proofs != 1 {
		t.Errorf("%d proofs in the audit log", proofs)
	}
}
