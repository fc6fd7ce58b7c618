package console

import (
	"context"
	"net/http"
	"time"

	"orientir/handoff/group"
	"orientir/handoff/staff"
)

// telegramSection is the part of one's account that links it with one's own Telegram.
type telegramSection struct {
	OnTelegram bool   // the bot is on Telegram at all
	Bot        string // name of the bot, without «@»; "" while Telegram doesn't answer
	Linked     bool
	LinkedAt   time.Time
}

func (s *site) telegramSection(r *http.Request) (telegramSection, error) {
	var section telegramSection
	if s.Telegram == nil {
		return section, nil
	}
	section.OnTelegram = true
	link, ok, err := s.Staff.TelegramLink(r.Context(), visitOf(r).account.ID)
	if err != nil {
		return section, err
	}
	section.Linked, section.LinkedAt = ok, link.LinkedAt
	section.Bot = s.botName(r)
	return section, nil
}

// A page waits for the bot's name no longer than for anything else, and after a failure the next ones don't wait at all.
const (
	namePatience = 2 * time.Second
	namePause    = 30 * time.Second
)

// botName is the bot's name on Telegram, "" where it is not there or Telegram doesn't answer.
func (s *site) botName(r *http.Request) string {
	if s.Telegram == nil || time.Now().UnixNano() < s.nameAgain.Load() {
		return ""
	}
	ctx, done := context.WithTimeout(r.Context(), namePatience)
	defer done()
	name, err := s.Telegram.Username(ctx)
	if err != nil && r.Context().Err() == nil {
		s.nameAgain.Store(time.Now().Add(namePause).UnixNano())
		s.Log.Warn("telegram does not say the bot's name", "error", err)
	}
	return name
}

// CodeMinutes is how long a code is good.
func (telegramSection) CodeMinutes() int { return int(staff.CodeLife.Minutes()) }

// CodeLink is the address that sends the code of this page by itself.
func (f accountForm) CodeLink() string {
	code, ok := staff.ReadCode(f.Flash.Code)
	if !ok || f.Bot == "" {
		return ""
	}
	return "https://t.me/" + f.Bot + "?start=link-" + string(code)
}

func (s *site) telegramCode(w http.ResponseWriter, r *http.Request) error {
	if s.Telegram == nil {
		return errNotFound
	}
	if ok, err := s.proved(w, r); !ok { // the link outlives the session: whoever has it acts for the account on Telegram
		return err
	}
	code, err := s.Staff.TelegramCode(r.Context(), visitOf(r).account.ID)
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Code: code.String()})
	return seeOther(w, r, "/console/account#telegram")
}

func (s *site) unlinkTelegram(w http.ResponseWriter, r *http.Request) error {
	id := visitOf(r).account.ID
	lost, err := s.Staff.UnlinkTelegram(r.Context(), id, id)
	if err != nil {
		return err
	}
	s.tellUnlinked(r, lost, visitOf(r).account.Name)
	s.setFlash(w, flash{Key: "telegram_unlinked"})
	return seeOther(w, r, "/console/account")
}

// tellUnlinked says to a Telegram that its link with an account has ended: whoever reads there may know nothing of it. lost 0 is none.
func (s *site) tellUnlinked(r *http.Request, lost int64, name string) {
	if s.Telegram != nil && lost != 0 {
		s.Telegram.TellLater(r.Context(), lost, group.Unlinked(name))
	}
}
