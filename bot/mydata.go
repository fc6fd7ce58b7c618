package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge"
)

// Holding is what a floor keeps of one kind about a person, as the person may see it.
type Holding struct {
	Name  HoldingName
	Count int // how many, for the words in the chat
	Rows  any // for the file, as JSON; of the person alone

	LeftOut int // how many of them are not among Rows
}

// HoldingName names a kind of what is kept; it is a key of the file.
type HoldingName string

// The kinds of what is kept. Each has a phrase mydata.<name>.
const (
	HeldMessages  HoldingName = "messages"  // the conversation
	HeldRatings   HoldingName = "ratings"   // of answers
	HeldTrainings HoldingName = "trainings" // signed up for
	HeldNews      HoldingName = "news"      // the subscription, 1 or none
	HeldReceived  HoldingName = "received"  // news that was sent to them
	HeldAftermath HoldingName = "aftermath" // what became of an answer
	HeldAnswers   HoldingName = "answers"   // questions, and which guides they were shown
	HeldTickets   HoldingName = "tickets"   // hand-overs to librarians
	HeldContacts  HoldingName = "contacts"  // phones or addresses left to be called back, sealed
	HeldNotes     HoldingName = "notes"     // librarians' notes
	HeldTasks     HoldingName = "tasks"     // what librarians wrote to editors after a talk
	HeldBlocks    HoldingName = "blocks"    // kept from the desk
	HeldReports   HoldingName = "reports"   // «this is wrong»
	HeldWaits     HoldingName = "waits"     // questions of which they want to hear when there is an answer
	HeldTopics    HoldingName = "topics"    // copies in a group of librarians on Telegram
	HeldFigures   HoldingName = "figures"   // rows that statistics count
)

// HoldingNames lists the kinds in the order in which people read them.
func HoldingNames() []HoldingName {
	return []HoldingName{HeldMessages, HeldAnswers, HeldRatings, HeldTickets, HeldContacts, HeldNotes, HeldTasks, HeldBlocks, HeldTopics, HeldReports, HeldWaits,
		HeldTrainings, HeldNews, HeldReceived, HeldAftermath, HeldFigures}
}

// mostExported is how many messages a person's file holds, the newest.
const mostExported = 10_000

// tellData reads what is kept of the person, for the words in the chat.
type tellData struct {
	since time.Time
	place string // settlement, as the database knows it; "" unknown
	kept  []Holding
}

func (*tellData) writes() bool { return false }

// tellFile counts what a file would leave out, before it is offered as all there is.
type tellFile struct{ leftOut int }

func (*tellFile) writes() bool { return false }

// dataTold says in plain words what is kept. At a library's terminal there is no file: it would stay on the machine.
func (d *dialog) dataTold(in *tellData) {
	language := d.person.Language
	lines := []string{d.t("mydata.intro", DateWords(in.since, language))}
	counts := map[HoldingName]int{}
	for _, h := range in.kept {
		counts[h.Name] += h.Count
	}
	item := func(words string) { lines = append(lines, "• "+words) }
	if in.place != "" {
		item(d.t("mydata.place", in.place))
	}
	if d.person.Audience != "" {
		item(d.t("mydata.audience_" + d.person.Audience))
	}
	for _, name := range HoldingNames() {
		if n := counts[name]; n > 0 {
			item(d.t("mydata."+string(name), n))
		}
	}
	lines = append(lines, "", d.t("mydata.masked"))
	b := Body{}
	if !d.person.Terminal {
		lines = append(lines, d.t("mydata.how"))
		b.Buttons = append(b.Buttons, Action{Label: d.t("mydata.button_file"), Data: "mydata:file"}, Action{Label: d.t("bot.button_forget"), Data: "forget"})
	} else {
		lines = append(lines, d.t("mydata.terminal"))
	}
	if d.public != "" {
		b.Buttons = append(b.Buttons, Action{Label: d.t("bot.button_privacy"), URL: d.public + "/privacy"})
	}
	b.Text = strings.Join(lines, "\n")
	d.add(b)
}

// myDataButton asks for what is kept, as words or as a file.
func (d *dialog) myDataButton(rest string) act {
	if rest == "file" && !d.person.Terminal {
		return &tellFile{}
	}
	return &tellData{}
}

// fileTold gives the file, which the channel makes when it hands it over: no copy of it is kept.
func (d *dialog) fileTold(in *tellFile) {
	words := d.t("mydata.file")
	if in.leftOut > 0 {
		words = d.t("mydata.file_cut", fmt.Sprintf("%d\u00a0%03d", mostExported/1000, mostExported%1000))
	}
	d.add(Body{Text: words, Export: true})
}

// aboutMyData hears who asks what the program knows of them: «какво знаеш за мен», «kakvi danni pazite za men», «what do you know about me».
var aboutMyData = regexp.MustCompile(`^(?:(?:а|и|моля|кажи|кажете|покажи|покажете|ми|please|tell|show|me|and)[\s,]+)*(?:` +
	`как(?:во|ви) (?:лични )?(?:данни )?(?:знае(?:ш|те)|пази(?:ш|те)|има(?:ш|те)|съхранява(?:ш|те)) (?:данни )?за мен(?:е)?|` +
	`kakv[oi] (?:lichni )?(?:danni )?(?:znae(?:sh|te)|pazi(?:sh|te)|ima(?:sh|te)|suhranqva(?:sh|te)) (?:danni )?za men(?:e)?|` +
	`(?:искам )?(?:да видя )?(?:моите|личните ми|личните си|моите лични) данни(?:те ми)?(?: при вас| тук)?|данните ми(?: при вас| тук)|` +
	`what (?:do you|personal data do you|data do you) (?:know|have|keep|store|hold)(?: (?:about|on|of))? me|my (?:personal )?data` +
	`)\s*[?.!]*$`)

func asksMyData(text string) bool {
	return aboutMyData.MatchString(strings.Join(strings.Fields(strings.ToLower(text)), " "))
}

// known reads what the floors keep of a contact.
func (e *Engine) known(ctx context.Context, db postgres.DB, contact int64) ([]Holding, error) {
	kept, err := e.conversations.Export(ctx, db, contact)
	if err != nil {
		return nil, err
	}
	for _, floor := range e.o.Export {
		more, err := floor(ctx, db, contact)
		if err != nil {
			return nil, err
		}
		kept = append(kept, more...)
	}
	return kept, nil
}

// tellData looks what is kept of the person.
func (e *Engine) tellData(ctx context.Context, w waiting, a *tellData) (err error) {
	a.since = w.CreatedAt.In(e.sofia)
	if w.Place != "" {
		place, ok, err := e.store.Place(ctx, w.Place)
		if err != nil {
			return err
		}
		if ok {
			a.place = PlaceWords(place, w.Language)
		}
	}
	return e.snapshot(ctx, func(tx pgx.Tx) error {
		a.kept, err = e.known(ctx, tx, w.Contact)
		return err
	})
}

// tellFile looks what a file would leave out.
func (e *Engine) tellFile(ctx context.Context, w waiting, a *tellFile) error {
	count, err := e.conversations.countMessages(ctx, e.conversations.pool, w.Contact)
	a.leftOut = max(0, count-mostExported)
	return err
}

// snapshot reads several tables as they were at one moment.
func (e *Engine) snapshot(ctx context.Context, read func(tx pgx.Tx) error) error {
	return pgx.BeginTxFunc(ctx, e.conversations.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, read)
}

// personFile is all that is kept of a person, as they get it.
type personFile struct {
	About   string              `json:"about"`
	MadeAt  time.Time           `json:"made_at"`
	Privacy string              `json:"privacy,omitempty"` // where the periods stand
	Person  personRow           `json:"person"`
	Kept    map[HoldingName]any `json:"kept"`
	Counts  map[HoldingName]int `json:"counts"`
	LeftOut map[HoldingName]int `json:"left_out,omitempty"` // too many for a file: the oldest, which whoever runs the program gives
}

type personRow struct {
	Channel   string    `json:"channel"`
	Key       string    `json:"chat,omitempty"` // of the channel's own; on the web there is none but the hash of a random number
	Pseudonym string    `json:"seen_by_staff_as"`
	Language  string    `json:"language"`
	Audience  string    `json:"audience,omitempty"`
	Place     string    `json:"place,omitempty"`
	Library   string    `json:"terminal_of,omitempty"`
	Since     time.Time `json:"since"`
}

// ErrNobody says that nothing is kept of a contact, or no more.
var ErrNobody = errors.New("nothing is kept of this contact")

// ExportPerson gives all that is kept of whoever has a conversation, as indented JSON and the name of the file. ErrNobody where they were forgotten, and
// for who sits at a library's terminal: a file would stay there for whoever comes next.
func (e *Engine) ExportPerson(ctx context.Context, id int64) (name string, data []byte, err error) {
	err = e.snapshot(ctx, func(tx pgx.Tx) error {
		c, ok, err := conversation(ctx, tx, id)
		if err != nil {
			return err
		}
		if !ok || c.Terminal {
			return ErrNobody
		}
		f := personFile{
			About: "Всичко, което Ориентир пази за Вас. / All that Orientir keeps about you.", MadeAt: e.now().UTC(), Kept: map[HoldingName]any{}, Counts: map[HoldingName]int{},
			Person: personRow{Channel: c.Channel, Pseudonym: c.Pseudonym(), Language: c.Language, Audience: c.Audience, Library: c.Library, Since: c.CreatedAt.UTC()},
		}
		if e.o.PublicURL != "" {
			f.Privacy = e.o.PublicURL + "/privacy"
		}
		if !e.conversations.Returns(c.Channel) { // a hash tells nobody anything
			f.Person.Key = c.Key
		}
		if c.Place != "" {
			place, ok, err := knowledge.NewStore(tx).Place(ctx, c.Place)
			if err != nil {
				return err
			}
			if ok {
				f.Person.Place = PlaceWords(place, "bg")
			}
		}
		kept, err := e.known(ctx, tx, c.Contact)
		if err != nil {
			return err
		}
		for _, h := range kept {
			f.Counts[h.Name] += h.Count
			if h.LeftOut > 0 {
				f.LeftOut = map[HoldingName]int{h.Name: h.LeftOut}
				f.About = "Това пази Ориентир за Вас. Най-старите съобщения не са тук: много са (left_out). / This is what Orientir keeps about you. The oldest messages are not here: they are too many (left_out)."
			}
			if h.Rows != nil && h.Count > 0 {
				f.Kept[h.Name] = h.Rows
			}
		}
		data, err = json.MarshalIndent(f, "", "  ")
		return err
	})
	if err != nil {
		return "", nil, fmt.Errorf("export what is kept of conversation %d: %w", id, err)
	}
	return "orientir-" + e.now().In(e.sofia).Format(time.DateOnly) + ".json", data, nil
}

// Export gives what this floor keeps of a contact.
func (c *Conversations) Export(ctx context.Context, db postgres.DB, contact int64) ([]Holding, error) {
	var all []Holding
	for _, q := range []struct {
		name HoldingName
		sql  string
	}{
		{HeldMessages, `
			SELECT m.created_at AS at, m.sender AS "from", m.kind, m.text, nullif(m.data, '') AS button, m.delivered_at
			FROM messages m JOIN conversations c ON c.id = m.conversation WHERE c.contact = $1 ORDER BY m.id DESC LIMIT ` + digits(mostExported)},
		{HeldRatings, `SELECT created_at AS at, rating, reason, comment, guide FROM feedback WHERE contact = $1 ORDER BY created_at`},
		{HeldTrainings, `
			SELECT t.topic, t.starts_at, t.help_point AS library, nullif(s.name, '') AS name, s.created_at AS at
			FROM training_signups s JOIN trainings t ON t.number = s.training WHERE s.contact = $1 ORDER BY t.starts_at`},
		{HeldNews, `SELECT topics, role, nullif(district, '') AS district, nullif(municipality, '') AS municipality, since FROM subscriptions WHERE contact = $1`},
		{HeldReceived, `SELECT news, state, attempted_at AS at FROM broadcast_recipients WHERE contact = $1 ORDER BY news`},
		{HeldAftermath, `SELECT service, offered_at, agreed_at, asked_at, used, worked, recommends, replied_at FROM aftermaths WHERE contact = $1`},
	} {
		h, err := Hold(ctx, db, q.name, q.sql, contact)
		if err != nil {
			return nil, fmt.Errorf("export what is kept of contact %d: %w", contact, err)
		}
		if q.name == HeldMessages && h.Count == mostExported {
			if h.Count, err = c.countMessages(ctx, db, contact); err != nil {
				return nil, err
			}
			h.LeftOut = h.Count - mostExported
		}
		all = append(all, h)
	}
	return all, nil
}

func (c *Conversations) countMessages(ctx context.Context, db postgres.DB, contact int64) (n int, err error) {
	err = db.QueryRow(ctx, `SELECT count(*) FROM messages m JOIN conversations c ON c.id = m.conversation WHERE c.contact = $1`, contact).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count the messages of contact %d: %w", contact, err)
	}
	return n, nil
}

// Hold reads rows of one kind, each as an object of its columns.
func Hold(ctx context.Context, db postgres.DB, name HoldingName, sql string, args ...any) (Holding, error) {
	rows, err := db.Query(ctx, `SELECT to_jsonb(r) FROM (`+sql+`) r`, args...)
	if err != nil {
		return Holding{}, fmt.Errorf("read %s: %w", name, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[json.RawMessage])
	if err != nil {
		return Holding{}, fmt.Errorf("read %s: %w", name, err)
	}
	return Holding{Name: name, Count: len(list), Rows: list}, nil
}
