package bot

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// look performs an act that only reads, and fills in what came of it.
func (e *Engine) look(ctx context.Context, w waiting, d *dialog, a act) (err error) {
	switch a := a.(type) {
	case *askGuides:
		a.Question.Contact = "contact:" + digits(w.Contact)
		a.answer, err = e.answerer.Answer(ctx, a.Question)
	case *showGuide:
		err = e.showGuide(ctx, a)
	case *findPlace:
		a.match, err = e.store.FindPlace(ctx, a.Words)
	case *lookNear:
		err = e.lookNear(ctx, a, d.person)
	case *lookTrainings:
		err = e.lookTrainings(ctx, w, a)
	case *showTraining:
		err = e.showTraining(ctx, w, a)
	case *lookNews:
		err = e.lookNews(ctx, w, a)
	case *askRegion:
		if d.person.Place != "" {
			a.place, a.known, err = e.store.Place(ctx, d.person.Place)
		}
	case *findRegion:
		if a.Position != nil {
			a.place, a.known, err = e.store.PlaceAt(ctx, a.Position.Lat, a.Position.Lon)
		} else {
			a.place, a.known, err = e.store.Place(ctx, a.Ekatte)
		}
	case *offerDesk:
		a.offer, err = e.offer(ctx, e.conversations.pool, e.wish(w, d, a.Wish))
	case *tellData:
		err = e.tellData(ctx, w, a)
	case *tellFile:
		err = e.tellFile(ctx, w, a)
	case *ticketStatus:
		if e.desk != nil {
			a.ticket, a.found, err = e.desk.Status(ctx, e.conversations.pool, w.ID)
		}
	default:
		err = fmt.Errorf("%T does not read", a)
	}
	if err != nil {
		return fmt.Errorf("%T: %w", a, err)
	}
	return nil
}

// showGuide reads a guide. Of a closed one whose work went to another it reads that one, and one that has expired as its mere
// source, as an answer does.
func (e *Engine) showGuide(ctx context.Context, a *showGuide) (err error) {
	if a.guide, a.found, err = e.store.Guide(ctx, a.Slug); err != nil || !a.found {
		return err
	}
	if a.guide.ReplacedBy != "" {
		next, ok, err := knowledge.Successor(a.guide, func(slug string) (knowledge.Guide, bool, error) { return e.store.Guide(ctx, slug) })
		if err != nil {
			return err
		}
		if ok {
			closed := a.guide
			a.guide, a.moved = next, &closed
		}
	}
	if a.guide.Municipality != "" {
		if a.only, _, err = e.store.Municipality(ctx, a.guide.Municipality); err != nil {
			return err
		}
	}
	a.guide, a.age, err = e.store.Shown(ctx, a.guide, e.now())
	return err
}

// write performs acts that write, in the transaction that saves the step.
func (e *Engine) write(ctx context.Context, tx pgx.Tx, w waiting, d *dialog, next act) error {
	for next != nil {
		if err := e.writeOne(ctx, tx, w, d, next); err != nil {
			return fmt.Errorf("%T: %w", next, err)
		}
		if next = d.next(next); next != nil && !next.writes() {
			return fmt.Errorf("%T would read while the transaction is open", next)
		}
	}
	for _, a := range d.later {
		if err := e.writeOne(ctx, tx, w, d, a); err != nil {
			return fmt.Errorf("%T: %w", a, err)
		}
	}
	return nil
}

func (e *Engine) writeOne(ctx context.Context, tx pgx.Tx, w waiting, d *dialog, a act) (err error) {
	switch a.(type) {
	case *openTicket, *cancelTicket, *leaveQuestion, *reopen, *forget:
		d.queue = true
	}
	switch a := a.(type) {
	case *record:
		a.id, err = e.answerer.Record(ctx, tx, a.Question, a.Answer, w.ID)
	case *openTicket:
		return e.open(ctx, tx, w, d, a)
	case *cancelTicket:
		if e.desk == nil {
			return nil
		}
		if _, a.cancelled, err = e.desk.Status(ctx, tx, w.ID); err == nil && a.cancelled {
			err = e.desk.Cancel(ctx, tx, w.ID)
		}
	case *leaveQuestion:
		if e.desk != nil {
			a.ticket, a.left, err = e.desk.LeaveQuestion(ctx, tx, w.ID)
		}
	case *dropContact:
		if e.o.Callbacks != nil {
			a.dropped, err = e.o.Callbacks.DropContact(ctx, tx, w.ID)
		}
	case *rate:
		a.known, a.changed, err = e.conversations.rate(ctx, tx, w.Conversation, a.Answer, a.About, a.Good)
		if err == nil && a.changed && a.Good && w.Holder == "" && !w.Terminal {
			a.later, err = e.conversations.askAftermath(ctx, tx, w.Contact, a.Answer, a.Guide)
		}
	case *agreeAftermath:
		if a.Yes {
			a.fresh, err = e.conversations.agreeAftermath(ctx, tx, w.Contact)
		} else {
			a.fresh, err = e.conversations.declineAftermath(ctx, tx, w.Contact)
		}
	case *replyAftermath:
		a.fresh, err = e.conversations.replyAftermath(ctx, tx, w.Contact, a.Question, a.Reply)
	case *giveReason:
		a.known, err = e.conversations.giveReason(ctx, tx, w.Contact, a.Answer, a.Reason)
	case *comment:
		err = e.conversations.comment(ctx, tx, w.Contact, a.Answer, a.Text)
	case *joinTraining:
		return e.joinTraining(ctx, tx, w, a)
	case *leaveTraining:
		return e.leaveTraining(ctx, tx, w, a)
	case *nameSignup:
		a.kept, err = e.conversations.nameSignup(ctx, tx, w.Contact, a.Number, a.Name)
	case *subscribeNews:
		a.kept, err = e.conversations.subscribe(ctx, tx, w.Contact, a.Want)
	case *leaveNews:
		a.left, err = e.conversations.unsubscribe(ctx, tx, w.Contact)
	case *report:
		if e.o.Editors != nil {
			a.became, err = e.conversations.report(ctx, tx, e.o.Editors, w.Conversation, a)
		}
	case *hearBack:
		if e.o.Editors != nil {
			a.kept, err = e.o.Editors.HearBack(ctx, tx, w.ID, a.Answer)
		}
	case *rateDesk:
		if e.o.Aftercare != nil {
			a.fresh, err = e.o.Aftercare.RateDesk(ctx, tx, w.ID, a.Ticket, a.Helped)
		}
	case *commentDesk:
		if e.o.Aftercare != nil {
			err = e.o.Aftercare.CommentDesk(ctx, tx, w.ID, a.Ticket, a.Text)
		}
	case *reopen:
		return e.reopen(ctx, tx, w, d, a)
	case *forget:
		return e.forget(ctx, tx, w)
	default:
		err = fmt.Errorf("it does not write")
	}
	return err
}

// farthestOpen is how far, in metres, an open help point is still worth telling of.
const farthestOpen = 40_000

// lookNear finds help points around the place, and the nearest that is surely open where the nearest is not. Who sits at a library's
// terminal and asks for that settlement is in that library.
func (e *Engine) lookNear(ctx context.Context, a *lookNear, p person) (err error) {
	if a.Position != nil {
		a.place, a.known, err = e.store.PlaceAt(ctx, a.Position.Lat, a.Position.Lon)
	} else {
		a.place, a.known, err = e.store.Place(ctx, a.Ekatte)
	}
	if err != nil {
		return err
	}
	near := knowledge.Near{Position: a.Position, Ekatte: a.Ekatte, Limit: 3, At: e.now().In(e.sofia)}
	if a.CallOnly {
		near.Limit = 20 // of many no telephone is known
	}
	own, err := e.ownLibrary(ctx, a, p)
	if err != nil {
		return err
	}
	if own != nil {
		near.Position, near.Limit = own.Position, 20
	}
	if a.near, err = e.store.Near(ctx, near); err != nil {
		return err
	}
	if own != nil {
		a.near, a.here = ownFirst(a.near, own.ID)
	}
	shown := a.near
	if len(a.near) > 0 && (a.near[0].OpenNow == nil || !*a.near[0].OpenNow) {
		near.Limit, near.OpenOnly = 1, true
		open, err := e.store.Near(ctx, near)
		if err != nil {
			return err
		}
		if len(open) > 0 && (open[0].Here || open[0].AwayM <= farthestOpen) {
			a.open, shown = &open[0], append(slices.Clone(shown), open[0])
		}
	}
	a.courses, err = e.withTrainings(ctx, shown)
	return err
}

// wish is what the desk is asked for: the person's shaped wish, with what the conversation knows.
func (e *Engine) wish(w waiting, d *dialog, shaped wish) Wish {
	if shaped.HelpPoint == "" && !shaped.Pool && d.person.Library != "" { // the library whose terminal it is comes first
		shaped.HelpPoint, shaped.Shown = d.person.Library, true
	}
	return Wish{
		Conversation: w.ID, Place: d.person.Place, HelpPoint: shaped.HelpPoint, Pool: shaped.Pool, Shown: shaped.Shown,
		Reason: shaped.Reason, Language: d.person.Language, Summary: d.state.Question,
	}
}

// offer asks the desk; without a human side nobody is there.
func (e *Engine) offer(ctx context.Context, db postgres.DB, w Wish) (Offer, error) {
	if e.desk == nil {
		return Offer{}, nil
	}
	return e.desk.Offer(ctx, db, w)
}

// open opens a ticket, unless the last librarian has left since it was offered.
func (e *Engine) open(ctx context.Context, tx pgx.Tx, w waiting, d *dialog, a *openTicket) error {
	wish := e.wish(w, d, a.Wish)
	offer, err := e.offer(ctx, tx, wish)
	if err != nil || !offer.Staffed {
		return err
	}
	a.ticket, err = e.desk.Open(ctx, tx, wish)
	a.opened = err == nil
	return err
}

// reopen goes on with a past hand-over, unless the person is kept from the desk or nobody is left to read.
func (e *Engine) reopen(ctx context.Context, tx pgx.Tx, w waiting, d *dialog, a *reopen) error {
	if e.o.Aftercare == nil || e.desk == nil {
		return nil
	}
	wish := e.wish(w, d, wish{Reason: "asked"})
	offer, err := e.offer(ctx, tx, wish)
	a.blocked, a.nobody = offer.BlockedUntil, !offer.Staffed
	if err != nil || !a.blocked.IsZero() || a.nobody {
		return err
	}
	if _, a.already, err = e.desk.Status(ctx, tx, w.ID); err != nil {
		return err
	}
	a.ticket, a.past, err = e.o.Aftercare.Reopen(ctx, tx, wish, a.Ticket)
	return err
}

// forget erases the person on every floor.
func (e *Engine) forget(ctx context.Context, tx pgx.Tx, w waiting) error {
	if e.desk != nil {
		if err := e.desk.Cancel(ctx, tx, w.ID); err != nil {
			return err
		}
	}
	for _, floor := range e.o.Forget {
		if err := floor(ctx, tx, w.Contact); err != nil {
			return err
		}
	}
	return e.conversations.Forget(ctx, tx, w.Contact)
}
