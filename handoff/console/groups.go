package console

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"orientir/handoff/group"
	"orientir/handoff/staff"
)

// groupList is the groups on Telegram in which librarians work, and the way to connect another.
type groupList struct {
	frame
	Groups []group.Group
	Find   string // words that a library was looked for by
	Found  []libraryOption
	Chosen string // name of the library that the code is for
	Bot    string // name of the bot, without «@»; "" while Telegram doesn't answer
}

// CodeMinutes is how long a code is good.
func (groupList) CodeMinutes() int { return int(staff.CodeLife.Minutes()) }

func (s *site) groupsPage(w http.ResponseWriter, r *http.Request) error {
	if s.Groups == nil {
		return errNotFound
	}
	page := groupList{frame: s.frame(w, r, "groups_title"), Find: strings.TrimSpace(r.URL.Query().Get("words")), Bot: s.botName(r)}
	var err error
	if page.Groups, err = s.Groups.Groups(r.Context()); err != nil {
		return err
	}
	if page.Find != "" {
		if page.Found, err = s.findLibraries(r, page.Find, nil); err != nil {
			return err
		}
	}
	if page.Flash.Code != "" {
		if page.Chosen, err = s.deskName(r, page.frame, r.URL.Query().Get("for")); err != nil {
			return err
		}
	}
	return s.render(w, http.StatusOK, "groups", page)
}

// deskName names a library, or the national pool where there is none.
func (s *site) deskName(r *http.Request, f frame, helpPoint string) (string, error) {
	if helpPoint == "" {
		return f.T("pool"), nil
	}
	names, err := s.libraryNames(r, []string{helpPoint})
	return names[helpPoint], err
}

// groupCode makes a code that connects a group with a library.
func (s *site) groupCode(w http.ResponseWriter, r *http.Request) error {
	if s.Groups == nil {
		return errNotFound
	}
	if ok, err := s.proved(w, r); !ok { // all of a library's conversations come to the group, whoever is in it
		return err
	}
	helpPoint := r.PostFormValue("library")
	code, err := s.Groups.Code(r.Context(), visitOf(r).account.ID, helpPoint)
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Code: code.String()})
	return seeOther(w, r, "/console/groups?for="+url.QueryEscape(helpPoint))
}

func (s *site) disconnectGroup(w http.ResponseWriter, r *http.Request) error {
	if s.Groups == nil {
		return errNotFound
	}
	chat, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return errNotFound
	}
	if err := s.Groups.Disconnect(r.Context(), visitOf(r).account.ID, chat); err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "groups_removed"})
	return seeOther(w, r, "/console/groups")
}

// faultyGroups are those that whoever looks at the queue should know about.
func (s *site) faultyGroups(r *http.Request) ([]group.Group, error) {
	if s.Groups == nil {
		return nil, nil
	}
	return s.Groups.Faulty(r.Context(), visitOf(r).account)
}
