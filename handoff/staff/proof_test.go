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
	if err := s.Prove(ctx, session(token).ID, a, "грешна парола 1"); !errors.Is(err, ErrSignIn) || session(token).Proved {
		t.Errorf("a wrong password: %v", err)
	}
	if err := s.Prove(ctx, session(token).ID, a, goodPassword); err != nil || !session(token).Proved {
		t.Errorf("the right password: %v", err)
	}
	if session(other).Proved {
		t.Error("another session of the account is proved with it")
	}
	exec(t, pool, `UPDATE staff_sessions SET proved_at = proved_at - $1::interval, created_at = created_at - $1::interval`, ProofLife)
	if got := session(token); got.Proved || got.Young {
		t.Errorf("a proof lasts: %+v", got)
	}
	// Guesses are few: the session ends, and its owner signs in as ever.
	doubted := session(other).ID
	for n := range 5 {
		want := ErrSignIn
		if n == 4 {
			want = ErrNotFound
		}
		if err := s.Prove(ctx, doubted, a, "грешна парола 1"); !errors.Is(err, want) {
			t.Errorf("guess %d: %v", n+1, err)
		}
	}
	if _, _, ok, err := s.Session(ctx, other); ok || err != nil {
		t.Errorf("a session outlives its guesses: %v, %v", ok, err)
	}
	if err := s.Prove(ctx, doubted, a, goodPassword); !errors.Is(err, ErrNotFound) {
		t.Errorf("guesses go on: %v", err)
	}
	if _, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.7")); err != nil {
		t.Errorf("the owner is shut out: %v", err)
	}
	if err := s.EndSessions(ctx, 0, a.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Prove(ctx, 1, a, goodPassword); !errors.Is(err, ErrNotFound) {
		t.Errorf("a session that ended: %v", err)
	}
	entries, err := s.Audit(ctx, AuditFilter{Area: "session"})
	if err != nil {
		t.Fatal(err)
	}
	verbs := map[string]int{}
	for _, e := range entries {
		verbs[e.Verb]++
	}
	if verbs["session.prove"] != 1 || verbs["session.refuse"] != 6 || verbs["session.doubt"] != 1 {
		t.Errorf("the audit log has %v", verbs)
	}
	exec(t, pool, `UPDATE staff SET active = false`)
	if err := s.Prove(ctx, 1, a, goodPassword); !errors.Is(err, ErrNotFound) {
		t.Errorf("who was kept out meanwhile: %v", err)
	}
}
