package staff

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pquerna/otp/totp"
	"github.com/prometheus/client_golang/prometheus"
)

// later lets time go by for the counters of tries.
func later(t *testing.T, pool *pgxpool.Pool, by time.Duration) {
	t.Helper()
	exec(t, pool, `UPDATE staff_sign_in_tries SET since = since - $1::interval, until = until - $1::interval`, by)
}

func TestSignInLimits(t *testing.T) {
	ctx, s, pool := setup(t)
	add(t, s, "a@example.bg", Librarian)
	add(t, s, "b@example.bg", Librarian)
	miss := func(email, address string) error {
		_, _, err := s.SignIn(ctx, email, "грешна парола 1", from(address))
		return err
	}
	var many *TooMany
	// Whether there is such an account can't be told from the answers.
	for _, email := range []string{"a@example.bg", "nobody@example.bg"} {
		for range 5 {
			if err := miss(email, "192.0.2.7"); !errors.Is(err, ErrSignIn) {
				t.Fatalf("%s: %v", email, err)
			}
		}
		if err := miss(email, "192.0.2.7"); !errors.As(err, &many) || many.RetryAfter <= 0 || many.RetryAfter > firstWait {
			t.Errorf("%s: not paused, or told apart: %v", email, err)
		}
	}
	if _, _, err := s.SignIn(ctx, "a@example.bg", goodPassword, from("192.0.2.7")); !errors.As(err, &many) {
		t.Errorf("the right password passes while paused: %v", err)
	}
	if _, _, err := s.SignIn(ctx, "a@example.bg", goodPassword, from("192.0.2.8")); err != nil {
		t.Errorf("a stranger locked the librarian out: %v", err)
	}
	// Each further miss waits twice as long.
	for _, wait := range []time.Duration{2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		exec(t, pool, `UPDATE staff_sign_in_tries SET since = now(), until = now() WHERE until IS NOT NULL`) // the wait ends, nothing is forgotten
		if err := miss("nobody@example.bg", "192.0.2.7"); !errors.Is(err, ErrSignIn) {
			t.Fatalf("the wait doesn't end: %v", err)
		}
		if err := miss("nobody@example.bg", "192.0.2.7"); !errors.As(err, &many) || many.RetryAfter <= wait-time.Minute || many.RetryAfter > wait {
			t.Errorf("%v, want a wait of %s", err, wait)
		}
	}
	later(t, pool, 3*time.Hour)
	for range 5 {
		if err := miss("nobody@example.bg", "192.0.2.7"); !errors.Is(err, ErrSignIn) {
			t.Errorf("nothing is forgotten in three hours: %v", err)
		}
	}
}

func TestAnAddressThatTriesOneAccountAfterAnotherIsStopped(t *testing.T) {
	ctx, s, pool := setup(t)
	add(t, s, "b@example.bg", Librarian)
	miss := func(email, address string) error {
		_, _, err := s.SignIn(ctx, email, "грешна парола 1", from(address))
		return err
	}
	var many *TooMany
	exec(t, pool, `INSERT INTO staff_sign_in_tries (key, tries) VALUES ($1, 29)`, s.keyOf(addressLimit(networkOf(netip.MustParseAddr("2001:db8::1")))))
	if err := miss("c@example.bg", "2001:db8::2:3"); !errors.Is(err, ErrSignIn) {
		t.Errorf("the thirtieth: %v", err)
	}
	if err := miss("d@example.bg", "2001:db8::2:4"); !errors.As(err, &many) {
		t.Errorf("the address is not limited in all of its /64: %v", err)
	}
	if err := miss("c@example.bg", "2001:db8:0:1::2"); !errors.Is(err, ErrSignIn) {
		t.Errorf("a neighbour is limited: %v", err)
	}
	// A whole building behind one address: who comes often isn't punished for it.
	later(t, pool, 10*time.Minute)
	for range 9 {
		if err := miss(fmt.Sprint(time.Now().UnixNano(), "@example.bg"), "2001:db8::2:4"); !errors.Is(err, ErrSignIn) {
			t.Errorf("ten minutes forget ten tries: %v", err)
		}
	}
	// Own successes don't buy more guesses at others.
	for range 6 {
		_ = miss("x@example.bg", "192.0.2.9")
		if _, _, err := s.SignIn(ctx, "b@example.bg", goodPassword, from("192.0.2.9")); err != nil {
			t.Fatal(err)
		}
	}
	if err := miss("x@example.bg", "192.0.2.9"); !errors.As(err, &many) {
		t.Errorf("guesses go on: %v", err)
	}
}

func TestManyTriesAtOnceDoNotSlipThrough(t *testing.T) {
	ctx, s, _ := setup(t)
	add(t, s, "a@example.bg", Librarian)
	var refused, missed int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			_, _, err := s.SignIn(ctx, "a@example.bg", "грешна парола 1", from("192.0.2.7"))
			mu.Lock()
			defer mu.Unlock()
			var many *TooMany
			switch {
			case errors.As(err, &many):
				refused++
			case errors.Is(err, ErrSignIn):
				missed++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if missed != 5 || refused != 15 {
		t.Errorf("%d passwords were looked at, %d refused", missed, refused)
	}
}

func TestAnAttackFromElsewhereDoesNotKeepAKnownBrowserOut(t *testing.T) {
	ctx, s, pool := setup(t)
	a := add(t, s, "a@example.bg", Librarian)
	b := add(t, s, "b@example.bg", Librarian)
	device, err := s.Remember(ctx, a.ID, "planted by somebody")
	if err != nil || device == "planted by somebody" {
		t.Fatalf("a token that somebody else chose is taken: %v", err)
	}
	// A library's computer is shared: its browser is known to each colleague who signed in there, and stays so.
	for range 2 {
		for _, colleague := range []Account{b, a} {
			if same, err := s.Remember(ctx, colleague.ID, device); err != nil || same != device {
				t.Fatalf("a known browser is named anew for %s: %v", colleague.Email, err)
			}
		}
	}
	others, err := s.Remember(ctx, b.ID, "")
	if err != nil || others == device {
		t.Fatalf("another browser: %v", err)
	}
	// A crowd of addresses guesses until the account waits.
	exec(t, pool, `INSERT INTO staff_sign_in_tries (key, tries, until) VALUES ($1, 40, now() + interval '15 minutes')`, s.keyOf(accountLimit(a.Email)))
	var many *TooMany
	come := func(device Token, password string) error {
		f := from("192.0.2.7")
		f.Device = device
		_, _, err := s.SignIn(ctx, a.Email, password, f)
		return err
	}
	for _, unknown := range []Token{"", others, "made-up"} {
		if err := come(unknown, goodPassword); !errors.As(err, &many) {
			t.Errorf("in a browser that the account doesn't know: %v", err)
		}
	}
	if err := come(device, goodPassword); err != nil {
		t.Errorf("in the librarian's own browser: %v", err)
	}
	for range 10 {
		f := from("192.0.2.7")
		f.Device = device
		if _, _, err := s.SignIn(ctx, b.Email, "грешна парола 1", f); !errors.Is(err, ErrSignIn) {
			t.Fatal(err)
		}
	}
	if err := come(device, goodPassword); err != nil {
		t.Errorf("a colleague's mistakes keep the librarian out: %v", err)
	}
	// Who steals it has few tries too.
	for range 10 {
		if err := come(device, "грешна парола 1"); !errors.Is(err, ErrSignIn) {
			t.Fatal(err)
		}
	}
	if err := come(device, goodPassword); !errors.As(err, &many) {
		t.Errorf("guesses in the known browser go on: %v", err)
	}
	exec(t, pool, `UPDATE staff_devices SET seen_at = now() - interval '181 days'`)
	if known, err := s.knows(ctx, a.Email, device); err != nil || known {
		t.Errorf("known after half a year: %v", err)
	}
}

func TestTelegramCodesAreTriedSeldom(t *testing.T) {
	ctx, s, pool := setup(t)
	var many *TooMany
	for range 5 {
		if err := s.TryCode(ctx, 7); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.TryCode(ctx, 7); !errors.As(err, &many) {
		t.Errorf("a sixth: %v", err)
	}
	if err := s.TryCode(ctx, 8); err != nil {
		t.Errorf("another person: %v", err)
	}
	later(t, pool, time.Minute+time.Second)
	if err := s.TryCode(ctx, 7); err != nil {
		t.Errorf("after a minute: %v", err)
	}
	if err := s.TryCode(ctx, 7); !errors.As(err, &many) || many.RetryAfter < time.Minute {
		t.Errorf("the second wait is no longer than the first: %v", err)
	}
}

func TestAFloodOfPasswordsIsBounded(t *testing.T) {
	t.Parallel()
	s := NewStore(nil, Options{})
	for range hashingAtOnce {
		s.hashing <- struct{}{}
	}
	s.waiting.Store(hashingAsked)
	var many *TooMany
	if _, err := s.verify(t.Context(), "", goodPassword); !errors.As(err, &many) {
		t.Errorf("it waits behind two hundred: %v", err)
	}
	if n := s.waiting.Load(); n != hashingAsked {
		t.Errorf("%d wait", n)
	}
}

func TestAWeakerHashIsStrengthenedAtSignIn(t *testing.T) {
	ctx, s, pool := setup(t)
	a := add(t, s, "a@example.bg", Librarian)
	const weak = "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
	key, err := s.derive(ctx, goodPassword, make([]byte, 16), 1, 64, 1, 32)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, pool, `UPDATE staff SET password_hash = $1 || rtrim(encode($2, 'base64'), '=')`, weak, key)
	hash := func() (h string) {
		t.Helper()
		if err := pool.QueryRow(ctx, `SELECT password_hash FROM staff WHERE id = $1`, a.ID).Scan(&h); err != nil {
			t.Fatal(err)
		}
		return h
	}
	if _, _, err := s.SignIn(ctx, a.Email, "грешна парола 1", from("192.0.2.1")); !errors.Is(err, ErrSignIn) || !s.weaker(hash()) {
		t.Errorf("a wrong password changes the hash: %v", err)
	}
	if _, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.1")); err != nil || s.weaker(hash()) {
		t.Errorf("%s, %v", hash(), err)
	}
	before := hash()
	if _, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.1")); err != nil || hash() != before {
		t.Errorf("a strong hash is made anew: %v", err)
	}
}

func TestAFullHouseCostsNoTry(t *testing.T) {
	ctx, s, pool := setup(t)
	a := add(t, s, "a@example.bg", Librarian)
	s.waiting.Store(hashingAsked)
	var many *TooMany
	for range 8 {
		if _, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.7")); !errors.As(err, &many) {
			t.Fatalf("it is looked at: %v", err)
		}
	}
	s.waiting.Store(0)
	if _, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.7")); err != nil {
		t.Errorf("passwords that nobody looked at count as wrong: %v", err)
	}
	var waits int
	if err := pool.QueryRow(ctx, `SELECT count(*) FROM staff_sign_in_tries WHERE tries > 0 OR until IS NOT NULL`).Scan(&waits); err != nil || waits != 0 {
		t.Errorf("%d counters stay up, %v", waits, err)
	}
}

func TestStrangersDoNotFillTheAuditLog(t *testing.T) {
	ctx, s, pool := setup(t)
	registry := prometheus.NewRegistry()
	s = NewLightStore(pool, Options{Registerer: registry})
	a := add(t, s, "a@example.bg", Librarian)
	for i := range 4 {
		for _, email := range []string{a.Email, fmt.Sprint("nobody", i, "@example.bg")} {
			if _, _, err := s.SignIn(ctx, email, "грешна парола 1", from("192.0.2.7")); !errors.Is(err, ErrSignIn) {
				t.Fatal(err)
			}
		}
	}
	if _, _, err := s.SignInIdentity(ctx, Identity{Issuer: "https://p", Subject: "1", Email: "x@example.bg", EmailVerified: true}, From{}); !errors.Is(err, ErrNoAccount) {
		t.Fatal(err)
	}
	entries, err := s.Audit(ctx, AuditFilter{Area: "session"})
	if err != nil || len(entries) != 4 {
		t.Errorf("%d rows of 4 refusals at an account, %v", len(entries), err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"known password": 4, "unknown password": 4, "unknown provider": 1, "known code": 0, "known provider": 0}
	for _, m := range families[0].GetMetric() {
		kind := m.GetLabel()[0].GetValue() + " " + m.GetLabel()[1].GetValue() // account, step
		if got := m.GetCounter().GetValue(); got != want[kind] {
			t.Errorf("%s counted %v times, want %v", kind, got, want[kind])
		}
		delete(want, kind)
	}
	if len(want) > 0 {
		t.Errorf("not counted: %v", want)
	}
}

// TestARefusalCommitsForNobodyToo: where an account is known a refusal ends with a commit of its own, which takes time; so it does where none is.
func TestARefusalCommitsForNobodyToo(t *testing.T) {
	ctx, s, pool := setup(t)
	if _, _, err := s.SignIn(ctx, "nobody@example.bg", "грешна парола 1", from("192.0.2.7")); !errors.Is(err, ErrSignIn) {
		t.Fatal(err)
	}
	var rows, transactions int
	if err := pool.QueryRow(ctx, `SELECT count(*), count(DISTINCT xmin::text) FROM staff_sign_in_tries`).Scan(&rows, &transactions); err != nil || rows != 3 || transactions != 2 {
		t.Errorf("%d counters, written by %d transactions, %v; want one more than counted", rows, transactions, err)
	}
}

// TestSigningInBuysNoGuesses signs in with a second step again and again, from an address that guesses at others meanwhile.
func TestSigningInBuysNoGuesses(t *testing.T) {
	ctx, s, pool := setup(t)
	s.vault = openVault{}
	a := add(t, s, "a@example.bg", Librarian)
	who := Identity{Issuer: "https://p", Subject: "1", Email: a.Email, EmailVerified: true}
	token, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.8"))
	if err != nil {
		t.Fatal(err)
	}
	session, _, _, err := s.Session(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.BeginSecondStep(ctx, a.ID, session.ID); err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1_800_000_000, 0)
	s.now = func() time.Time { return now }
	code := func() string {
		now = now.Add(time.Minute)
		var sealed []byte
		if err := pool.QueryRow(ctx, `SELECT secret FROM staff_second_steps WHERE staff = $1`, a.ID).Scan(&sealed); err != nil {
			t.Fatal(err)
		}
		secret, _ := s.vault.Open(sealed, secretOf(a.ID))
		code, err := totp.GenerateCode(base32Of([]byte(secret)), now)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	if _, _, err := s.ConfirmSecondStep(ctx, a.ID, session.ID, code(), from("192.0.2.7")); err != nil {
		t.Fatal(err)
	}
	const guesses = 7
	address := s.keyOf(addressLimit("192.0.2.7"))
	exec(t, pool, `INSERT INTO staff_sign_in_tries (key, tries) VALUES ($1, $2)`, address, guesses)
	for name, first := range map[string]func() error{
		"with a password": func() error { _, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.7")); return err },
		"with a provider": func() error { _, _, err := s.SignInIdentity(ctx, who, from("192.0.2.7")); return err },
	} {
		var wanted *CodeWanted
		if err := first(); !errors.As(err, &wanted) {
			t.Fatalf("%s: %v", name, err)
		}
		if _, _, err := s.FinishSignIn(ctx, wanted.Half, code(), from("192.0.2.7")); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var tries int
		if err := pool.QueryRow(ctx, `SELECT tries FROM staff_sign_in_tries WHERE key = $1`, address).Scan(&tries); err != nil || tries != guesses {
			t.Errorf("after signing in %s %d tries of %d count, %v", name, tries, guesses, err)
		}
	}
}
