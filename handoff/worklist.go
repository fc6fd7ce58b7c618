package handoff

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"orientir/deploy/postgres"
	"orientir/handoff/staff"
	"orientir/knowledge"
	"orientir/retrieval"
)

// Problem is what several people could not find or were told wrongly, in different words: one line of the editors' work list.
type Problem struct {
	ID         int64
	Guide      string // slug of the guide that is wrong; "" where no guide answers
	GuideTitle string // of Guide, or of Fix where there is none
	Title      string // an editor's words; "" until somebody gave it one
	Example    string // a question that speaks for it, masked; "" where none is kept any more
	State      string // open | working | fixed | aside | merged
	Remedy     string // draft | sample | name; "" where nobody has begun
	Fix        string // slug of the guide that answers it now, or will once it is published
	Reason     string // why it was set aside
	MergedInto int64  // 0: it is not
	People     int    // distinct contacts of the last thirty days
	Items      int    // what they asked, rated, reported, of the last thirty days
	Recent     int    // distinct contacts of the last seven days
	Earlier    int    // and of the seven days before
	FirstAt    time.Time
	LastAt     time.Time
	ChangedAt  time.Time
	ByName     string // who changed it last; "" the program
	FixedAt    *time.Time
	Sources    map[string]int // items of the last thirty days by source: unanswered, rating, closing, report
}

// keepWords is for how long the list shows what people wrote: masked is not anonymous.
const keepWords = 30 * 24 * time.Hour

// Reader is what the work list needs of retrieval.Answerer.
type Reader interface {
	Embed(ctx context.Context, texts []string) ([][]float32, error)
	Subjects(ctx context.Context, texts []string) ([][]retrieval.Subject, error)
	Version(ctx context.Context) (string, error)
	Answer(ctx context.Context, q retrieval.Question) (retrieval.Answer, error)
	Record(ctx context.Context, tx postgres.DB, q retrieval.Question, a retrieval.Answer, conversation int64) (int64, error)
}

// WorklistOptions of a work list; the zero value works.
type WorklistOptions struct {
	Log    *slog.Logger     // default: nothing is logged
	Now    func() time.Time // default: the desk's clock
	Every  time.Duration    // between two rounds; default 15 s
	Settle time.Duration    // how long a bad rating waits for its reason; default 2 min; negative: not at all
}

// Worklist gathers problems and lets editors deal with them.
type Worklist struct {
	desk   *Desk
	reader Reader
	o      WorklistOptions
	sofia  *time.Location
}

// NewWorklist makes the work list of a desk. Run keeps it up to date.
func NewWorklist(desk *Desk, reader Reader, o WorklistOptions) *Worklist {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = desk.now
	}
	if o.Every <= 0 {
		o.Every = 15 * time.Second
	}
	if o.Settle == 0 {
		o.Settle = 2 * time.Minute
	}
	return &Worklist{desk: desk, reader: reader, o: o, sofia: sofia()}
}

// Run collects until ctx ends. One replica does it at a time, and another goes on where it stopped: what is collected is in the database.
func (w *Worklist) Run(ctx context.Context) error {
	return postgres.Lead(ctx, w.desk.db, "work list", func(ctx context.Context) error {
		known := &meanings{}
		tick := time.NewTicker(w.o.Every)
		defer tick.Stop()
		for {
			err := postgres.Round(ctx, "work list", func(ctx context.Context) error { return w.round(ctx, known) })
			if err != nil && ctx.Err() == nil {
				w.o.Log.Error("collect the work list", "error", err)
			}
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
			}
		}
	})
}

// Collect does once what Run does.
func (w *Worklist) Collect(ctx context.Context) error { return w.round(ctx, &meanings{}) }

// round takes in what is new, puts together what has grown alike, follows what editors published, counts, and tells who wanted to hear. A fault of one step stops no other.
func (w *Worklist) round(ctx context.Context, known *meanings) error {
	faults := []error{w.forgetOld(ctx), w.take(ctx, known), w.gather(ctx, known), w.follow(ctx), w.count(ctx, known)}
	if known.version != "" { // there is a model that may answer
		faults = append(faults, w.tellHearers(ctx))
	}
	return errors.Join(faults...)
}

// take takes in what is new. Reports need no model, and do not wait for one.
func (w *Worklist) take(ctx context.Context, known *meanings) error {
	faults := []error{w.takeReports(ctx, known)}
	for _, source := range []struct {
		name string
		act  func(context.Context, *meanings) error
	}{{"answers", w.takeAllAnswers}, {"ratings", w.takeRatings}, {"closings", w.takeClosings}} {
		if err := w.load(ctx, known); errors.Is(err, retrieval.ErrNotReady) {
			w.o.Log.Debug("the work list waits for a model")
			break
		} else if err != nil {
			faults = append(faults, fmt.Errorf("read the groups of the work list: %w", err))
			break
		}
		if err := source.act(ctx, known); err != nil {
			faults = append(faults, fmt.Errorf("take in %s: %w", source.name, err))
		}
	}
	return errors.Join(faults...)
}

// takeAllAnswers takes in answers until there are no others.
func (w *Worklist) takeAllAnswers(ctx context.Context, known *meanings) error {
	var faults []error
	for {
		more, err := w.takeAnswers(ctx, known)
		faults = append(faults, err)
		if !more {
			return errors.Join(faults...)
		}
		if len(known.lost) > 0 {
			if err := w.load(ctx, known); err != nil {
				return errors.Join(append(faults, err)...)
			}
		}
	}
}

// editorFault is what an editor who may only touch what is local hears.
func editorFault(by knowledge.Editor) error {
	if by.Municipality == "" {
		return nil
	}
	return &staff.Fault{Field: "municipality", Key: "worklist.fault_municipality"}
}
