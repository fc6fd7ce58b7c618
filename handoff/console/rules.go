package console

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// ruleForm is what the editors have agreed on.
type ruleForm struct {
	frame
	Second bool
	Grace  string // days, as typed
	Wrong  bool
}

func (s *site) rulesPage(w http.ResponseWriter, r *http.Request) error {
	rules, err := s.Knowledge.EditingRules(r.Context())
	if err != nil {
		return err
	}
	return s.showRules(w, r, ruleForm{Second: rules.SecondEditor, Grace: strconv.Itoa(int(rules.Grace / day))})
}

const day = 24 * time.Hour

func (s *site) showRules(w http.ResponseWriter, r *http.Request, page ruleForm) error {
	page.frame = s.frame(w, r, "rules_title")
	page.Back = "/console/rules"
	status := http.StatusOK
	if page.Wrong {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, "rules", page)
}

func (s *site) saveRules(w http.ResponseWriter, r *http.Request) error {
	typed := ruleForm{Second: r.PostFormValue("second") == "yes", Grace: strings.TrimSpace(r.PostFormValue("grace"))}
	days, err := strconv.Atoi(typed.Grace)
	if err != nil || days < 0 || days > 100000 {
		typed.Wrong = true
		return s.showRules(w, r, typed)
	}
	rules := knowledge.EditingRules{SecondEditor: typed.Second, Grace: time.Duration(days) * day}
	seen, err := s.Knowledge.EditingRules(r.Context())
	if err != nil {
		return err
	}
	if seen.SecondEditor && !rules.SecondEditor { // from then on one stolen account publishes
		if ok, err := s.proved(w, r); !ok {
			return err
		}
	}
	err = s.Staff.Door(r.Context(), staff.Act{By: visitOf(r).account.ID, Verb: "rules.change", Subject: "rules:guides"}, func(tx pgx.Tx, act *staff.Act) error {
		store := knowledge.NewStore(tx)
		before, err := store.EditingRules(r.Context())
		if err != nil {
			return err
		}
		if before == rules {
			return errUnchanged
		}
		if before.SecondEditor && !seen.SecondEditor { // since a moment ago, and nobody was asked for a proof
			return errForbidden
		}
		act.Detail = map[string]any{"second_editor": rules.SecondEditor, "grace_days": strconv.Itoa(days)}
		return store.SetEditingRules(r.Context(), tx, rules)
	})
	var fault *knowledge.Fault
	switch {
	case errors.As(err, &fault):
		typed.Wrong = true
		return s.showRules(w, r, typed)
	case errors.Is(err, errUnchanged):
		s.setFlash(w, flash{Key: "editor.rules_same"})
	case err != nil:
		return err
	default:
		s.setFlash(w, flash{Key: "editor.rules_saved"})
	}
	return seeOther(w, r, "/console/rules")
}
