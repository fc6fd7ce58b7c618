package bot

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

// atTerminal makes a conversation at the terminal in Vratsa and gives its id.
func (h *house) atTerminal(key string) int64 {
	h.t.Helper()
	r := h.gets(Incoming{Channel: "web", ContactKey: key, Kind: Text, Text: "трябва ми съдебно", Place: "12259", Library: "rb-vratsa"})
	h.works()
	return r.Conversation
}

func (h *house) code(conversation int64) Code {
	h.t.Helper()
	code, err := h.conversations.NewCode(h.ctx, conversation)
	if err != nil {
		h.t.Fatal(err)
	}
	return code
}

func (h *house) ownerOf(conversation int64) string {
	h.t.Helper()
	c, ok, err := h.conversations.Conversation(h.ctx, conversation)
	if err != nil || !ok {
		h.t.Fatal(ok, err)
	}
	return c.Key
}

func TestTypedCodeIsReadAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"KM7X4PTA": "KM7X4PTA", "km7x 4pta": "KM7X4PTA", " KM7X-4PTA ": "KM7X4PTA", "KM7X–4PTA": "KM7X4PTA",
		"КМ7Х 4РТА": "KM7X4PTA", "ку7х 4рта": "KY7X4PTA", // Cyrillic letters that look the same
		"": "", "KM7X4PT": "", "KM7X4PTAA": "", "KM7X4PTB": "", "KM7X4PT0": "", "KM7X4PTЯ": "",
	} {
		got, ok := TypedCode(text)
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
	if seen := newTypedCode(); len(seen) != CodeLength || strings.Trim(seen, codeLetters) != "" {
		t.Errorf("drew %q", seen)
	}
}

func TestCodeMovesAConversationOnce(t *testing.T) {
	t.Parallel()
	for _, form := range []string{"link", "typed"} {
		t.Run(form, func(t *testing.T) {
			h := setup(t)
			id := h.atTerminal("terminal")
			code := h.code(id)
			take := func(key string) (int64, error) {
				if form == "link" {
					return h.conversations.TakeByLink(h.ctx, code.Link, key)
				}
				return h.conversations.TakeByTyped(h.ctx, code.Typed, key, "198.51.100.7")
			}
			moved, err := take("phone")
			if err != nil || moved != id {
				t.Fatalf("moved %d: %v", moved, err)
			}
			c, ok, err := h.conversations.Of(h.ctx, "web", "phone")
			if err != nil || !ok || c.ID != id || c.Terminal || c.Library != "rb-vratsa" {
				t.Errorf("the phone has %+v, %v, %v", c, ok, err)
			}
			if _, ok, _ := h.conversations.Of(h.ctx, "web", "terminal"); ok {
				t.Error("the terminal has it still")
			}
			if _, err := take("somebody else"); !errors.Is(err, ErrNoCode) {
				t.Errorf("the second use gives %v", err)
			}
			if _, err := h.conversations.TakeByTyped(h.ctx, code.Typed, "other form", "203.0.113.1"); !errors.Is(err, ErrNoCode) {
				t.Errorf("the other form of a used code gives %v", err)
			}
			if owner := h.ownerOf(id); owner != "phone" {
				t.Errorf("%s owns it", owner)
			}
		})
	}
}

func TestOfManyWhoUseACodeAtOnceOneHasIt(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.atTerminal("terminal")
	code := h.code(id)
	var takers sync.WaitGroup
	won := make(chan string, 16)
	for i := range 8 {
		takers.Go(func() {
			key := fmt.Sprintf("phone %d", i)
			take := func() (int64, error) { return h.conversations.TakeByLink(h.ctx, code.Link, key) }
			if i%2 == 1 {
				take = func() (int64, error) { return h.conversations.TakeByTyped(h.ctx, code.Typed, key, key) }
			}
			if _, err := take(); err == nil {
				won <- key
			} else if !errors.Is(err, ErrNoCode) {
				t.Error(err)
			}
		})
	}
	takers.Wait()
	close(won)
	var winners []string
	for key := range won {
		winners = append(winners, key)
	}
	if len(winners) != 1 || h.ownerOf(id) != winners[0] {
		t.Errorf("%v won, %s owns it", winners, h.ownerOf(id))
	}
}

func TestCodeIsTooOldAfterTenMinutes(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.atTerminal("terminal")
	code := h.code(id)
	h.clock.pass(CodeLife)
	if _, err := h.conversations.TakeByLink(h.ctx, code.Link, "phone"); !errors.Is(err, ErrNoCode) {
		t.Errorf("the link gives %v", err)
	}
	if _, err := h.conversations.TakeByTyped(h.ctx, code.Typed, "phone", "198.51.100.7"); !errors.Is(err, ErrNoCode) {
		t.Errorf("the typed code gives %v", err)
	}
	first := h.code(id)
	second := h.code(id)
	if _, err := h.conversations.TakeByLink(h.ctx, first.Link, "phone"); !errors.Is(err, ErrNoCode) {
		t.Errorf("a code that another has replaced gives %v", err)
	}
	h.clock.pass(CodeLife - time.Second)
	if _, err := h.conversations.TakeByLink(h.ctx, second.Link, "phone"); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
}

func TestNothingOfACodeIsKeptInTheClear(t *testing.T) {
	t.Parallel()
	h := setup(t)
	code := h.code(h.atTerminal("terminal"))
	_, _ = h.conversations.TakeByTyped(h.ctx, "AAAAAAAA", "phone", "198.51.100.7")
	for _, secret := range []string{code.Link, code.Typed, "AAAAAAAA", "198.51.100.7"} {
		var n int
		if err := h.pool.QueryRow(h.ctx, `
			SELECT (SELECT count(*) FROM conversation_codes q WHERE strpos(q::text, $1) > 0 OR position(convert_to($1, 'UTF8') IN link || typed) > 0)
				+ (SELECT count(*) FROM code_tries t WHERE position(convert_to($1, 'UTF8') IN trier) > 0)`, secret).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s stands in %d rows (%v)", secret, n, err)
		}
	}
}

func TestFiveWrongCodesAreAllOfAnAddressAndOfAContact(t *testing.T) {
	t.Parallel()
	h := setup(t)
	id := h.atTerminal("terminal")
	code := h.code(id)
	for i := range CodeTries {
		_, err := h.conversations.TakeByTyped(h.ctx, "AAAAAAAA", "phone", "address 198.51.100.7", fmt.Sprintf("contact %d", i))
		if !errors.Is(err, ErrNoCode) {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	// From here on the right code is refused too, in the same words: whoever guesses learns nothing.
	for _, typed := range []string{"AAAAAAAA", code.Typed} {
		if _, err := h.conversations.TakeByTyped(h.ctx, typed, "phone", "address 198.51.100.7"); !errors.Is(err, ErrCodeTries) {
			t.Errorf("the sixth try of an address gives %v", err)
		}
	}
	for i := range CodeTries {
		_, _ = h.conversations.TakeByTyped(h.ctx, "AAAAAAAA", "phone", fmt.Sprintf("address %d", i), "contact moving")
	}
	if _, err := h.conversations.TakeByTyped(h.ctx, code.Typed, "phone", "address 99", "contact moving"); !errors.Is(err, ErrCodeTries) {
		t.Errorf("the sixth try of a contact that changes its address gives %v", err)
	}
	if owner := h.ownerOf(id); owner != "terminal" {
		t.Fatalf("%s owns it", owner)
	}
	// Another household is not held up by the one that guesses, and ten minutes later the first one may try again.
	if _, err := h.conversations.TakeByTyped(h.ctx, code.Typed, "phone", "address 203.0.113.1"); err != nil {
		t.Errorf("another address: %v", err)
	}
	h.clock.pass(CodeLife)
	if _, err := h.conversations.TakeByTyped(h.ctx, "AAAAAAAA", "phone", "address 198.51.100.7"); !errors.Is(err, ErrNoCode) {
		t.Errorf("ten minutes later: %v", err)
	}
	if err := h.conversations.dropCodes(h.ctx, h.clock.now().Add(CodeLife)); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := h.pool.QueryRow(h.ctx, `SELECT count(*) FROM code_tries`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d tries are kept (%v)", left, err)
	}
}

func TestAHundredTriesAtOnceAreFive(t *testing.T) {
	t.Parallel()
	h := setup(t)
	var tries sync.WaitGroup
	wrong := make(chan bool, 40)
	for range 40 {
		tries.Go(func() {
			_, err := h.conversations.TakeByTyped(h.ctx, "AAAAAAAA", "phone", "address", "contact")
			wrong <- errors.Is(err, ErrNoCode)
		})
	}
	tries.Wait()
	close(wrong)
	n := 0
	for w := range wrong {
		if w {
			n++
		}
	}
	if n != CodeTries {
		t.Errorf("%d tries were looked up, want %d", n, CodeTries)
	}
}
