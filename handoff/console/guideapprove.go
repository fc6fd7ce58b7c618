package console

import (
	"net/http"
	"strings"

	"orientir/handoff/staff"
	"orientir/knowledge"
)

// namedApprovers is how many of those who may approve a draft are named.
const namedApprovers = 5

// approvers names the editors who may approve a draft where the rules ask for a second one: they can sign in, wrote nothing of it, and all that it changes is theirs.
func (s *site) approvers(r *http.Request, d knowledge.Draft) (names []string, err error) {
	accounts, err := s.Staff.Accounts(r.Context())
	if err != nil {
		return nil, err
	}
	var others []knowledge.Editor
	byID := map[string]string{}
	for _, a := range accounts {
		id := staffID(a.ID)
		if a.Active && a.HasPassword && a.Is(staff.Editor) && !d.WrittenBy(id) {
			others, byID[id] = append(others, knowledge.Editor{ID: id, Municipality: a.Municipality}), a.Name
		}
	}
	may, err := s.Knowledge.MayPublish(r.Context(), d, others)
	for _, e := range may {
		names = append(names, byID[e.ID])
	}
	return names, err
}

// WhoApproves says who may approve the draft, or that nobody may and what to do then.
func (p guideRoom) WhoApproves() string {
	switch n := len(p.Approvers); {
	case n == 0:
		return p.E("approves_nobody")
	case n > namedApprovers:
		return p.E("approves_more", strings.Join(p.Approvers[:namedApprovers], ", "), n-namedApprovers)
	default:
		return p.EN("approves", n, strings.Join(p.Approvers, ", "))
	}
}
