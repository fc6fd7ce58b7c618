package staff

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orientir/deploy/postgres/postgrestest"
)

const goodPassword = "шест зелени круши"

func setup(t *testing.T) (context.Context, *Store, *pgxpool.Pool) {
	t.Helper()
	t.Parallel()
	pool := postgrestest.New(t)
	return t.Context(), NewLightStore(pool, Options{}), pool
}

func add(t *testing.T, s *Store, email string, roles ...Role) Account {
	t.Helper()
	a, err := s.Add(t.Context(), Profile{Email: email, Roles: roles}, goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func exec(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func from(address string) From {
	return From{Address: netip.MustParseAddr(address), Agent: "Firefox, Linux"}
}

func TestWhatGivesOtherPower(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		before, after []string // libraries
		roles         []Role
		other         bool
	}{
		{"the same in another order", []string{"a", "b"}, []string{"b", "a"}, []Role{Librarian}, false},
		{"one more", []string{"a"}, []string{"a", "b"}, []Role{Librarian}, true},
		{"another one", []string{"a"}, []string{"b"}, []Role{Librarian}, true},
		{"from the pool to a library", nil, []string{"a"}, []Role{Librarian}, true},
		{"one less", []string{"a", "b"}, []string{"b"}, []Role{Librarian}, false},
		{"the last one: the pool is theirs", []string{"a"}, nil, []Role{Librarian}, true},
		{"another role", nil, nil, []Role{Librarian, Editor}, true},
	} {
		before := Account{Email: "m@example.bg", Roles: []Role{Librarian}, Libraries: c.before}
		if got := Reaches(before, Profile{Email: "M@example.bg ", Roles: c.roles, Libraries: c.after}); got != c.other {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestProfileFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		profile Profile
		field   string
	}{
		{"no at sign", Profile{Email: "maria", Roles: []Role{Librarian}}, "email"},
		{"a name in the address", Profile{Email: "Мария <m@example.bg>", Roles: []Role{Librarian}}, "email"},
		{"no role", Profile{Email: "m@example.bg"}, "roles"},
		{"unknown role", Profile{Email: "m@example.bg", Roles: []Role{"root"}}, "roles"},
		{"long name", Profile{Email: "m@example.bg", Name: strings.Repeat("я", 81), Roles: []Role{Admin}}, "name"},
		{"an editor with a library", Profile{Email: "m@example.bg", Roles: []Role{Editor}, Libraries: []string{"vratsa"}}, "libraries"},
		{"a librarian with a municipality", Profile{Email: "m@example.bg", Roles: []Role{Librarian}, Municipality: "VRC10"}, "municipality"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.profile.check()
			var fault *Fault
			if !errors.As(err, &fault) || fault.Field != c.field {
				t.Errorf("got %v, want a fault of %s", err, c.field)
			}
		})
	}
	p, err := Profile{Email: " Maria.Petrova@Example.BG ", Roles: []Role{Librarian, Admin, Librarian}}.check()
	if err != nil || p.Email != "maria.petrova@example.bg" || p.Name != "Maria Petrova" || len(p.Roles) != 2 {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestAnAccountIsOfAMunicipalityThatThereIs(t *testing.T) {
	ctx, s, _ := setup(t)
	n := 0
	editor := func(municipality string) (Account, error) {
		n++
		return s.Add(ctx, Profile{Email: fmt.Sprintf("e%d@example.bg", n), Roles: []Role{Editor}, Municipality: municipality}, goodPassword)
	}
	for typed, want := range map[string]string{"": "", "VRC10": "VRC10", " vrc10 ": "VRC10", "Враца": "VRC10", "столична": "SOF46", "Бяла, Варна": "VAR05"} {
		if a, err := editor(typed); err != nil || a.Municipality != want {
			t.Errorf("%q is %q, %v", typed, a.Municipality, err)
		}
	}
	for typed, want := range map[string]string{"Бяла": "RSE04 – Бяла (Русе); VAR05 – Бяла (Варна)", "VRC11": "VRC10 – Враца", "Врацо": "VRC10 – Враца", "Атлантида": ""} {
		_, err := editor(typed)
		var fault *Fault
		if !errors.As(err, &fault) || fault.Field != "municipality" || want != "" && !strings.Contains(fmt.Sprint(fault.Args...), want) {
			t.Errorf("%q: %v, want a fault with %q", typed, err, want)
		}
	}
	add(t, s, "admin@example.bg", Admin)
	a, err := editor("VRC10")
	if err != nil {
		t.Fatal(err)
	}
	var fault *Fault
	if _, err := s.Change(ctx, 0, a, Profile{Email: a.Email, Roles: a.Roles, Municipality: "няма"}); !errors.As(err, &fault) {
		t.Errorf("changed to one that there isn't: %v", err)
	}
	if _, err := s.Change(ctx, 0, a, Profile{Email: a.Email, Roles: a.Roles, Municipality: "Мездра"}); err != nil {
		t.Fatal(err)
	}
	if now, _, err := s.Account(ctx, a.ID); err != nil || now.Municipality != "VRC27" {
		t.Errorf("%+v, %v", now, err)
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	s := NewStore(nil, Options{})
	for _, bad := range []string{"", "къса", "aaaaaaaaaaaaaa", "maria-petrova-1", strings.Repeat("абв г", 300)} {
		var fault *Fault
		if _, err := s.newPassword(t.Context(), bad, "maria-petrova@example.bg"); !errors.As(err, &fault) {
			t.Errorf("password %.20q is taken: %v", bad, err)
		}
	}
	phc, err := s.newPassword(t.Context(), goodPassword, "m@example.bg")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("got %q, %v", phc, err)
	}
	for password, want := range map[string]bool{goodPassword: true, goodPassword + " ": false, "": false} {
		if got, err := s.verify(t.Context(), phc, password); err != nil || got != want {
			t.Errorf("verify %q: %v, %v", password, got, err)
		}
	}
	if ok, err := s.verify(t.Context(), "", goodPassword); ok || err != nil {
		t.Errorf("no account, but %v, %v", ok, err)
	}
}

func TestSignInAndSession(t *testing.T) {
	ctx, s, pool := setup(t)
	a := add(t, s, "Maria@example.bg", Librarian)
	token, got, err := s.SignIn(ctx, " MARIA@example.bg", goodPassword, from("192.0.2.1"))
	if err != nil || got.ID != a.ID {
		t.Fatalf("sign in: %v", err)
	}
	alive := func(token Token) bool {
		_, got, ok, err := s.Session(ctx, token)
		if err != nil || ok && got.ID != a.ID {
			t.Fatalf("session: %v %v", got, err)
		}
		return ok
	}
	if !alive(token) || alive("") || alive(token+"x") {
		t.Fatal("the session is not the token's")
	}
	var stored int
	if err := pool.QueryRow(ctx, `SELECT count(*) FROM staff_sessions WHERE encode(token_hash, 'escape') LIKE '%' || $1 || '%'`, token).Scan(&stored); err != nil || stored != 0 {
		t.Errorf("the token itself is stored")
	}
	f := from("192.0.2.1")
	f.Old = token
	second, _, err := s.SignIn(ctx, "maria@example.bg", goodPassword, f)
	if err != nil || alive(token) || !alive(second) {
		t.Fatalf("the token was not rotated at sign-in: %v", err)
	}
	exec(t, pool, `UPDATE staff_sessions SET seen_at = now() - interval '2 hours 1 minute'`)
	if alive(second) {
		t.Error("an idle session lives on")
	}
	exec(t, pool, `UPDATE staff_sessions SET seen_at = now(), expires_at = now() - interval '1 second'`)
	if alive(second) {
		t.Error("a session lives longer than a day's work")
	}
	third, _, err := s.SignIn(ctx, "maria@example.bg", goodPassword, from("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SignOut(ctx, third); err != nil || alive(third) {
		t.Errorf("signed out, but alive: %v", err)
	}
	fourth, _, err := s.SignIn(ctx, "maria@example.bg", goodPassword, from("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	add(t, s, "admin@example.bg", Admin)
	if err := s.SetActive(ctx, 0, a.ID, false); err != nil || alive(fourth) {
		t.Errorf("kept out, but alive: %v", err)
	}
	if _, _, err := s.SignIn(ctx, "maria@example.bg", goodPassword, from("192.0.2.1")); !errors.Is(err, ErrSignIn) {
		t.Errorf("an account that is kept out signs in: %v", err)
	}
}

func TestRevokeOnlyOwnSessions(t *testing.T) {
	ctx, s, _ := setup(t)
	a, b := add(t, s, "a@example.bg", Librarian), add(t, s, "b@example.bg", Librarian)
	token, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	session, _, _, _ := s.Session(ctx, token)
	if err := s.Revoke(ctx, b.ID, session.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("another's session was revoked: %v", err)
	}
	if err := s.Revoke(ctx, a.ID, session.ID); err != nil {
		t.Error(err)
	}
	if list, err := s.Sessions(ctx, a.ID); err != nil || len(list) != 0 {
		t.Errorf("left: %v, %v", list, err)
	}
}

func TestChangePasswordEndsOtherSessions(t *testing.T) {
	ctx, s, _ := setup(t)
	a := add(t, s, "a@example.bg", Librarian)
	first, _, _ := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.1"))
	session, _, _, err := s.Session(ctx, first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangePassword(ctx, a.ID, session.ID, "не тази парола", "нова дълга парола", from("192.0.2.1")); !errors.Is(err, ErrSignIn) {
		t.Fatalf("changed without the old password: %v", err)
	}
	token, err := s.ChangePassword(ctx, a.ID, session.ID, goodPassword, "нова дълга парола", from("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok, _ := s.Session(ctx, first); ok {
		t.Error("the old session lives")
	}
	if _, _, ok, _ := s.Session(ctx, token); !ok {
		t.Error("the new session doesn't")
	}
	if _, _, err := s.SignIn(ctx, a.Email, "нова дълга парола", from("192.0.2.1")); err != nil {
		t.Error(err)
	}
}

func TestFirstAdminLink(t *testing.T) {
	ctx, s, pool := setup(t)
	profile := Profile{Email: "admin@example.bg", Name: "Ана"}
	create := func(token string) (Account, error) {
		return s.CreateFirstAdmin(ctx, Token(token), profile, goodPassword)
	}

	old, ok, err := s.FirstAdminLink(ctx)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	exec(t, pool, `UPDATE staff_links SET expires_at = expires_at - interval '1 hour'`)
	if _, err := create(old); !errors.Is(err, ErrNotFound) {
		t.Errorf("good after an hour: %v", err)
	}
	token, ok, err := s.FirstAdminLink(ctx)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if _, err := create("x" + token); !errors.Is(err, ErrNotFound) {
		t.Errorf("a guessed token works: %v", err)
	}
	if _, err := s.CreateFirstAdmin(ctx, "x", profile, "къса"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a guessed token is told of the password: %v", err)
	}
	var fault *Fault
	if _, err := s.CreateFirstAdmin(ctx, Token(token), profile, "къса"); !errors.As(err, &fault) {
		t.Errorf("a short password: %v", err)
	}
	// Two people use it at once: one administrator.
	other, _, _ := s.FirstAdminLink(ctx)
	var wins int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, token := range []string{token, token, other} {
		wg.Go(func() {
			_, err := s.CreateFirstAdmin(ctx, Token(token), Profile{Email: string(rune('a'+i)) + "@example.bg"}, goodPassword)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				wins++
			} else if !errors.Is(err, ErrNotFound) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wins != 1 {
		t.Errorf("%d administrators were created", wins)
	}
	if _, ok, err := s.FirstAdminLink(ctx); ok || err != nil {
		t.Errorf("a link with an administrator there: %v, %v", ok, err)
	}
	all, _ := s.Accounts(ctx)
	if len(all) != 1 || !all[0].Is(Admin) {
		t.Errorf("accounts: %+v", all)
	}
	if err := s.SetActive(ctx, all[0].ID, all[0].ID, false); !errors.As(err, &fault) {
		t.Errorf("the last administrator was kept out: %v", err)
	}
	if _, err := s.Change(ctx, all[0].ID, all[0], Profile{Email: all[0].Email, Roles: []Role{Librarian}}); !errors.As(err, &fault) {
		t.Errorf("the last administrator lost the role: %v", err)
	}
}

func TestInvitationWorksOnce(t *testing.T) {
	ctx, s, _ := setup(t)
	admin := add(t, s, "admin@example.bg", Admin)
	a, token, err := s.Invite(ctx, admin.ID, Profile{Email: "new@example.bg", Roles: []Role{Librarian}})
	if err != nil {
		t.Fatal(err)
	}
	if serving, err := s.Serving(ctx, s.db); err != nil || len(serving) != 0 {
		t.Errorf("an invited account serves already: %v, %v", serving, err)
	}
	purpose, who, ok, err := s.LinkPurpose(ctx, token)
	if err != nil || !ok || purpose != Invitation || who.ID != a.ID {
		t.Fatal(purpose, who, ok, err)
	}
	if _, err := s.SetPassword(ctx, token, goodPassword); err != nil {
		t.Fatal(err)
	}
	if _, err := s.SetPassword(ctx, token, goodPassword); !errors.Is(err, ErrNotFound) {
		t.Errorf("used twice: %v", err)
	}
	if serving, err := s.Serving(ctx, s.db); err != nil || len(serving) != 1 || !serving[0].ServesPool() {
		t.Errorf("serving: %v, %v", serving, err)
	}
	signedIn, _, err := s.SignIn(ctx, "new@example.bg", goodPassword, from("192.0.2.1"))
	if err != nil {
		t.Fatal(err)
	}
	first, _ := s.Link(ctx, admin.ID, a.ID)
	second, _ := s.Link(ctx, admin.ID, a.ID)
	if _, err := s.SetPassword(ctx, first, goodPassword); !errors.Is(err, ErrNotFound) {
		t.Errorf("an earlier link works: %v", err)
	}
	if _, err := s.SetPassword(ctx, second, "друга дълга парола"); err != nil {
		t.Error(err)
	}
	if _, _, ok, _ := s.Session(ctx, signedIn); ok {
		t.Error("a reset leaves sessions alive")
	}
	if _, err := s.CreateFirstAdmin(ctx, second, Profile{Email: "x@example.bg"}, goodPassword); !errors.Is(err, ErrNotFound) {
		t.Errorf("an invitation makes an administrator: %v", err)
	}
}

func TestEmailIsTakenOnce(t *testing.T) {
	ctx, s, _ := setup(t)
	add(t, s, "a@example.bg", Librarian)
	b := add(t, s, "b@example.bg", Admin)
	var fault *Fault
	if _, err := s.Add(ctx, Profile{Email: "A@example.bg", Roles: []Role{Editor}}, goodPassword); !errors.As(err, &fault) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Change(ctx, b.ID, b, Profile{Email: "a@example.bg", Roles: []Role{Admin}}); !errors.As(err, &fault) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Add(ctx, Profile{Email: "c@example.bg", Roles: []Role{Librarian}, Libraries: []string{"no-such"}}, goodPassword); !errors.As(err, &fault) || fault.Field != "libraries" {
		t.Errorf("an unknown library: %v", err)
	}
}

func TestDoorWritesChangeAndRecordTogether(t *testing.T) {
	ctx, s, pool := setup(t)
	a := add(t, s, "a@example.bg", Admin)
	failed := errors.New("failed")
	err := s.Door(ctx, Act{By: a.ID, Verb: "host.allow"}, func(tx pgx.Tx, _ *Act) error {
		if _, err := tx.Exec(ctx, `UPDATE staff SET name = 'X'`); err != nil {
			return err
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if got, _, _ := s.Account(ctx, a.ID); got.Name == "X" {
		t.Error("the change stayed")
	}
	if entries, _ := s.Audit(ctx, AuditFilter{Area: "host"}); len(entries) != 0 {
		t.Error("the record stayed")
	}
	err = s.Door(ctx, Act{By: a.ID, Verb: "host.allow"}, func(_ pgx.Tx, act *Act) error {
		act.Subject, act.Detail = "host:nap.bg", map[string]any{"why": "x"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	entries, err := s.Audit(ctx, AuditFilter{Area: "host", By: a.ID})
	if err != nil || len(entries) != 1 || entries[0].ByName != a.Name || entries[0].Subject != "host:nap.bg" || entries[0].Detail["why"] != "x" {
		t.Errorf("got %+v, %v", entries, err)
	}
	if _, err := pool.Exec(ctx, `DELETE FROM audit_log`); err == nil {
		t.Error("the audit log can be emptied")
	}
}
