package staff

import (
	"errors"
	"strings"
	"testing"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	for range 200 {
		code := NewCode()
		if read, ok := ReadCode(code.String()); !ok || read != code {
			t.Fatalf("%q reads as %q, %v", code.String(), read, ok)
		}
	}
	for typed, want := range map[string]Code{
		" k7xm-2pqr ": "K7XM2PQR", "K7XM 2PQR": "K7XM2PQR", "к7хм2рQR": "K7XM2PQR", // the Bulgarian keyboard was on
		"": "", "K7XM2PQ": "", "K7XM2PQRS": "", "K7XM2PQ0": "", "К7ХМ2РЯЯ": "", "K7XM2PQ1": "",
	} {
		if got, ok := ReadCode(typed); got != want || ok != (want != "") {
			t.Errorf("%q reads as %q, %v", typed, got, ok)
		}
	}
}

func TestTelegramLink(t *testing.T) {
	ctx, s, pool := setup(t)
	add(t, s, "a@example.bg", Admin)
	maria, ivan := add(t, s, "m@example.bg", Librarian), add(t, s, "i@example.bg", Librarian)
	code, err := s.TelegramCode(ctx, maria.ID)
	if err != nil {
		t.Fatal(err)
	}
	var kept string
	if err := pool.QueryRow(ctx, `SELECT (SELECT string_agg(c::text, ' ') FROM staff_telegram_codes c) || (SELECT string_agg(l::text, ' ') FROM audit_log l)`).Scan(&kept); err != nil || strings.Contains(kept, string(code)) {
		t.Fatalf("the code itself is kept: %s, %v", kept, err)
	}
	if _, ok, err := s.TelegramOf(ctx, pool, maria.ID); ok || err != nil {
		t.Fatalf("linked before the code was sent: %v, %v", ok, err)
	}
	a, lost, err := s.LinkTelegram(ctx, 70, strings.ToLower(code.String()))
	if err != nil || a.ID != maria.ID || lost != 0 {
		t.Fatal(a, lost, err)
	}
	if _, lost, err := s.LinkTelegram(ctx, 70, string(code)); err != nil || lost != 0 {
		t.Errorf("the same message again: %d, %v", lost, err)
	}
	if _, _, err := s.LinkTelegram(ctx, 71, string(code)); !errors.Is(err, ErrNotFound) {
		t.Errorf("a second user with a used code: %v", err)
	}
	if chat, ok, err := s.TelegramOf(ctx, pool, maria.ID); chat != 70 || !ok || err != nil {
		t.Errorf("chat %d, %v, %v", chat, ok, err)
	}
	if got, ok, err := s.AccountByTelegram(ctx, 70); got.ID != maria.ID || !ok || err != nil {
		t.Errorf("account %d, %v, %v", got.ID, ok, err)
	}
	second, err := s.TelegramCode(ctx, ivan.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.LinkTelegram(ctx, 70, string(second)); !errors.Is(err, ErrLinked) {
		t.Errorf("one Telegram for two accounts: %v", err)
	}
	if err := s.SetActive(ctx, 0, maria.ID, false); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.AccountByTelegram(ctx, 70); ok || err != nil {
		t.Errorf("somebody kept out acts from Telegram: %v, %v", ok, err)
	}
	if _, ok, err := s.TelegramOf(ctx, pool, maria.ID); ok || err != nil {
		t.Errorf("somebody kept out gets notices: %v, %v", ok, err)
	}
	if lost, err := s.UnlinkTelegram(ctx, maria.ID, maria.ID); err != nil || lost != 70 {
		t.Fatal(lost, err)
	}
	if _, _, err := s.LinkTelegram(ctx, 70, string(second)); err != nil {
		t.Errorf("after the other link ended: %v", err)
	}
	third, err := s.TelegramCode(ctx, ivan.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, lost, err := s.LinkTelegram(ctx, 73, string(third)); err != nil || lost != 70 {
		t.Errorf("in place of another Telegram, which is told: %d, %v", lost, err)
	}
}

func TestANewPasswordEndsAWaitingTelegramCode(t *testing.T) {
	ctx, s, _ := setup(t)
	a := add(t, s, "m@example.bg", Librarian)
	for name, change := range map[string]func() error{
		"one's own": func() error {
			token, _, err := s.SignIn(ctx, a.Email, goodPassword, from("192.0.2.7"))
			if err != nil {
				return err
			}
			session, _, _, err := s.Session(ctx, token)
			if err == nil {
				_, err = s.ChangePassword(ctx, a.ID, session.ID, goodPassword, goodPassword, from("192.0.2.7"))
			}
			return err
		},
		"by a link": func() error {
			link, err := s.Link(ctx, 0, a.ID)
			if err == nil {
				_, err = s.SetPassword(ctx, link, goodPassword)
			}
			return err
		},
	} {
		code, err := s.TelegramCode(ctx, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := change(); err != nil {
			t.Fatal(name, err)
		}
		if _, _, err := s.LinkTelegram(ctx, 70, string(code)); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: a code from before: %v", name, err)
		}
	}
}

func TestTelegramCodeEnds(t *testing.T) {
	ctx, s, pool := setup(t)
	maria := add(t, s, "m@example.bg", Librarian)
	first, err := s.TelegramCode(ctx, maria.ID)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.TelegramCode(ctx, maria.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.LinkTelegram(ctx, 70, string(first)); !errors.Is(err, ErrNotFound) {
		t.Errorf("a code that was replaced: %v", err)
	}
	for range 4 { // the fifth wrong one
		if _, _, err := s.LinkTelegram(ctx, 70, "22222222"); !errors.Is(err, ErrNotFound) {
			t.Errorf("a wrong code: %v", err)
		}
	}
	var many *TooMany
	if _, _, err := s.LinkTelegram(ctx, 70, string(second)); !errors.As(err, &many) {
		t.Errorf("the sixth try: %v", err)
	}
	exec(t, pool, `UPDATE staff_telegram_codes SET expires_at = now() - interval '1 second'`)
	if _, _, err := s.LinkTelegram(ctx, 71, string(second)); !errors.Is(err, ErrNotFound) {
		t.Errorf("an old code: %v", err)
	}
	if err := s.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := pool.QueryRow(ctx, `SELECT count(*) FROM staff_telegram_codes`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d old codes are left, %v", left, err)
	}
}
