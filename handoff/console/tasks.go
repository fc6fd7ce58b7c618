package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"orientir/handoff"
	"orientir/handoff/staff"
)

// taskList is what closings found wrong with the guides, for the editors.
type taskList struct {
	frame
	State  string
	States []string
	Tasks  []handoff.GuideTask
	Typed  string // a reason that was not taken
}

// mostTasks is how many tasks a page shows: what is open is meant to be done.
const mostTasks = 100

func (s *site) tasksPage(w http.ResponseWriter, r *http.Request) error {
	return s.showTasks(w, r, r.URL.Query().Get("state"), "", nil)
}

func (s *site) showTasks(w http.ResponseWriter, r *http.Request, state, typed string, fault *staff.Fault) (err error) {
	page := taskList{frame: s.frame(w, r, "tasks_title"), State: state, States: []string{"open", "done", "dismissed"}, Typed: typed}
	page.Fault, page.Back = fault, "/console/tasks"
	if !slices.Contains(page.States, state) {
		page.State = "open"
	}
	if page.Tasks, err = s.Desk.GuideTasks(r.Context(), page.State, mostTasks); err != nil {
		return err
	}
	status := http.StatusOK
	if fault != nil {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, status, "tasks", page)
}

// endTask does a task, or dismisses it for a reason.
func (s *site) endTask(dismiss bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := pathID(r)
		if err != nil {
			return err
		}
		reason := r.PostFormValue("reason")
		err = s.Desk.EndGuideTask(r.Context(), id, visitOf(r).account, dismiss, reason)
		if fault := asFault(err); fault != nil {
			return s.showTasks(w, r, "open", reason, fault)
		}
		if err != nil {
			return err
		}
		said := "desk.task_done"
		if dismiss {
			said = "desk.task_dismissed"
		}
		s.setFlash(w, flash{Key: said})
		return seeOther(w, r, "/console/tasks")
	}
}

// ReasonID is the id of the field in which a task's reason is written.
func (taskList) ReasonID(t handoff.GuideTask) string { return fmt.Sprintf("reason-%d", t.ID) }

// TaskName says which task a button is of.
func (l taskList) TaskName(t handoff.GuideTask) string {
	return cmp.Or(t.Title, l.Short(t.Question, 60), l.D("task_no_guide"))
}
