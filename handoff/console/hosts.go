package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// hostList is the list of domains that links in guides may stand on.
type hostList struct {
	frame
	Hosts []string
	Typed string
	Wrong bool
}

func (s *site) hostsPage(w http.ResponseWriter, r *http.Request) error {
	return s.showHosts(w, r, "")
}

func (s *site) showHosts(w http.ResponseWriter, r *http.Request, wrong string) error {
	hosts, err := s.Knowledge.AllowedHosts(r.Context())
	if err != nil {
		return err
	}
	page := hostList{frame: s.frame(w, r, "hosts_title"), Hosts: hosts, Typed: wrong, Wrong: wrong != ""}
	page.Back = "/console/hosts"
	status := http.StatusOK
	if page.Wrong {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, "hosts", page)
}

func (s *site) allowHost(w http.ResponseWriter, r *http.Request) error {
	if ok, err := s.proved(w, r); !ok { // a link to a false site is worse than an account
		return err
	}
	host := typedHost(r.PostFormValue("host"))
	err := s.Staff.Door(r.Context(), hostAct(r, "host.allow", host), func(tx pgx.Tx, _ *staff.Act) error {
		return knowledge.NewStore(tx).AllowHost(r.Context(), host, actor(r))
	})
	var fault *knowledge.Fault
	if errors.As(err, &fault) {
		return s.showHosts(w, r, host+" ")
	}
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "hosts_allowed", Args: []string{host}})
	return seeOther(w, r, "/console/hosts")
}

// typedHost is the domain in what was typed or pasted: a whole address stands for its site.
func typedHost(typed string) string {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if u, err := url.Parse(typed); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil && u.Port() == "" {
		typed = u.Hostname()
	}
	return strings.TrimPrefix(typed, "www.")
}

func (s *site) disallowHost(w http.ResponseWriter, r *http.Request) error {
	host := r.PostFormValue("host")
	err := s.Staff.Door(r.Context(), hostAct(r, "host.disallow", host), func(tx pgx.Tx, _ *staff.Act) error {
		was, err := knowledge.NewStore(tx).DisallowHost(r.Context(), host, actor(r))
		if err == nil && !was {
			return errNotFound
		}
		return err
	})
	if err != nil {
		return err
	}
	s.setFlash(w, flash{Key: "hosts_removed", Args: []string{host}})
	return seeOther(w, r, "/console/hosts")
}

func hostAct(r *http.Request, verb, host string) staff.Act {
	return staff.Act{By: visitOf(r).account.ID, Verb: verb, Subject: "host:" + host}
}

// actor is how floors below know who made a change.
func actor(r *http.Request) string { return "staff:" + strconv.FormatInt(visitOf(r).account.ID, 10) }
