package staff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
	"orientir/knowledge/privacy"
)

// Role says what an account may do.
type Role string

// The roles. An account may have several.
const (
	Librarian  Role = "librarian"  // answers people: those of own libraries, or of the national pool
	Supervisor Role = "supervisor" // sees all queues, the feedback and the audit log
	Editor     Role = "editor"     // keeps the guides
	Admin      Role = "admin"      // keeps accounts and allowed hosts
)

// Roles lists the roles in the order in which pages show them.
func Roles() []Role { return []Role{Librarian, Supervisor, Editor, Admin} }

// Account is a member of the staff.
type Account struct {
	ID           int64
	Email        string // lower case
	Name         string // as people read it
	Roles        []Role
	Libraries    []string // ids of the help points served; a librarian with none serves the national pool
	Municipality string   // code that limits an editor, «VRC10»; "" is no limit
	Active       bool
	HasPassword  bool // false until the invitation is accepted
	ChatLimit    int  // people whom a librarian talks to at once; routing counts with it
	Notices      bool // we may write when somebody waits and nobody has the desk open
	SecondStep   bool // signing in asks for a code too
	CreatedAt    time.Time

	SecondStepWanted bool // a role of the account asks for a second step
}

// Is says whether the account has one of the roles.
func (a Account) Is(roles ...Role) bool {
	return slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(a.Roles, r) })
}

// ServesPool says whether the account answers for the national pool.
func (a Account) ServesPool() bool { return a.Is(Librarian) && len(a.Libraries) == 0 }

// Serves says whether the account answers for a library; "" is the national pool.
func (a Account) Serves(helpPoint string) bool {
	if helpPoint == "" {
		return a.ServesPool()
	}
	return a.Is(Librarian) && slices.Contains(a.Libraries, helpPoint)
}

// Mark is another one where something of the account's profile is another.
func (a Account) Mark() string {
	hash := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q", a.Email, a.Name, a.Roles, a.Libraries, a.Municipality))
	return hex.EncodeToString(hash[:8])
}

// Profile is what can be set on an account.
type Profile struct {
	Email        string
	Name         string // "" takes it from the e-mail address
	Roles        []Role
	Libraries    []string
	Municipality string // its code, or its name
}

const accountColumns = `
	s.id, s.email, s.name, s.roles, s.municipality, s.active, s.password_hash IS NOT NULL AS has_password, s.chat_limit, s.notices, s.created_at,
	ARRAY(SELECT l.help_point FROM staff_libraries l WHERE l.staff = s.id ORDER BY l.help_point) AS libraries,
	EXISTS (SELECT FROM staff_second_steps t WHERE t.staff = s.id AND t.on_since IS NOT NULL) AS second_step,
	s.roles && (SELECT r.second_step_roles FROM staff_rules r) AS second_step_wanted`

// Account gives an account by id.
func (s *Store) Account(ctx context.Context, id int64) (Account, bool, error) {
	return account(ctx, s.db, `SELECT `+accountColumns+` FROM staff s WHERE s.id = $1`, id)
}

// Accounts lists all accounts, active ones first, by name.
func (s *Store) Accounts(ctx context.Context) ([]Account, error) {
	rows, err := s.db.Query(ctx, `SELECT `+accountColumns+` FROM staff s ORDER BY s.active DESC, s.name, s.id`)
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Account])
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return all, nil
}

// Names gives the names of those of these accounts that there are.
func (s *Store) Names(ctx context.Context, ids []int64) (map[int64]string, error) {
	names, err := textsByID(ctx, s.db, `SELECT id, name FROM staff WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("name accounts: %w", err)
	}
	return names, nil
}

// MunicipalitiesOf gives the municipality's code of each of these accounts that there is; "" is an account without a limit.
func (s *Store) MunicipalitiesOf(ctx context.Context, db postgres.DB, ids []int64) (map[int64]string, error) {
	codes, err := textsByID(ctx, db, `SELECT id, municipality FROM staff WHERE id = ANY ($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read the municipalities of accounts: %w", err)
	}
	return codes, nil
}

// textsByID reads what a statement selects: an account's id and a text.
func textsByID(ctx context.Context, db postgres.DB, sql string, ids []int64) (map[int64]string, error) {
	rows, err := db.Query(ctx, sql, ids)
	if err != nil {
		return nil, err
	}
	texts := map[int64]string{}
	var id int64
	var text string
	_, err = pgx.ForEachRow(rows, []any{&id, &text}, func() error {
		texts[id] = text
		return nil
	})
	return texts, err
}

// Serving lists the active accounts that answer people and can sign in.
func (s *Store) Serving(ctx context.Context, db postgres.DB) ([]Account, error) {
	rows, err := db.Query(ctx, `
		SELECT `+accountColumns+`
		FROM staff s
		WHERE s.active AND s.password_hash IS NOT NULL AND 'librarian' = ANY (s.roles)
		ORDER BY s.id`)
	if err != nil {
		return nil, fmt.Errorf("list serving accounts: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Account])
	if err != nil {
		return nil, fmt.Errorf("list serving accounts: %w", err)
	}
	return all, nil
}

// Add creates an active account that can sign in at once: the terminal's way.
// Faults of the profile and of the password come as *Fault.
func (s *Store) Add(ctx context.Context, p Profile, password string) (Account, error) {
	p, err := p.check()
	if err != nil {
		return Account{}, err
	}
	hash, err := s.newPassword(ctx, password, p.Email)
	if err != nil {
		return Account{}, err
	}
	return s.create(ctx, 0, p, hash)
}

// Invite creates an active account without a password, and the one-time link, good for a week, that sets one.
func (s *Store) Invite(ctx context.Context, by int64, p Profile) (Account, Token, error) {
	p, err := p.check()
	if err != nil {
		return Account{}, "", err
	}
	a, err := s.create(ctx, by, p, "")
	if err != nil {
		return Account{}, "", err
	}
	token, err := s.Link(ctx, by, a.ID)
	return a, token, err
}

func (s *Store) create(ctx context.Context, by int64, p Profile, hash string) (Account, error) {
	var a Account
	err := s.Door(ctx, Act{By: by, Verb: "account.add"}, func(tx pgx.Tx, act *Act) (err error) {
		a, err = insertAccount(ctx, tx, p, hash)
		act.Subject, p.Municipality = subject(a.ID), a.Municipality
		act.Detail = p.detail()
		return err
	})
	if err != nil {
		return Account{}, fmt.Errorf("add account: %w", err)
	}
	return a, nil
}

func insertAccount(ctx context.Context, tx pgx.Tx, p Profile, hash string) (Account, error) {
	var id int64
	code, err := municipality(ctx, tx, p.Municipality)
	if err != nil {
		return Account{}, err
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO staff (email, name, roles, municipality, password_hash)
		VALUES ($1, $2, $3, $4, NULLIF($5, ''))
		ON CONFLICT (email) DO NOTHING
		RETURNING id`, p.Email, p.Name, p.Roles, code, hash).Scan(&id)
	if err == pgx.ErrNoRows {
		return Account{}, &Fault{Field: "email", Key: "console.fault_email_taken"}
	}
	if err != nil {
		return Account{}, err
	}
	if err := setLibraries(ctx, tx, id, p.Libraries); err != nil {
		return Account{}, err
	}
	a, _, err := account(ctx, tx, `SELECT `+accountColumns+` FROM staff s WHERE s.id = $1`, id)
	return a, err
}

// Change sets an account's profile. The last administrator keeps the role, because nobody could give it back. With other roles, another
// municipality, more libraries or another e-mail address the account is signed out everywhere. Another address may be somebody else's: what was
// sent to the old one is worth nothing then, an outside provider has to prove who it is anew, and the Telegram that was linked is no more.
// lost is that Telegram, to be told; 0 is none. seen is the account as who asks has seen it: where somebody has changed its profile since, the change
// is refused with a *Fault, or it would take theirs back.
func (s *Store) Change(ctx context.Context, by int64, seen Account, p Profile) (lost int64, err error) {
	if p, err = p.check(); err != nil {
		return 0, err
	}
	id := seen.ID
	act := Act{By: by, Verb: "account.change", Subject: subject(id)}
	err = s.Door(ctx, act, func(tx pgx.Tx, act *Act) (err error) {
		if p.Municipality, err = municipality(ctx, tx, p.Municipality); err != nil {
			return err
		}
		act.Detail = p.detail()
		if err := lockAdmins(ctx, tx); err != nil {
			return err
		}
		var taken bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM staff WHERE email = $1 AND id <> $2)`, p.Email, id).Scan(&taken); err != nil {
			return err
		}
		if taken {
			return &Fault{Field: "email", Key: "console.fault_email_taken"}
		}
		before, ok, err := account(ctx, tx, `SELECT `+accountColumns+` FROM staff s WHERE s.id = $1 FOR UPDATE OF s`, id)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNotFound
		}
		if before.Mark() != seen.Mark() {
			return &Fault{Field: "mark", Key: "console.fault_person_changed"}
		}
		if _, err := tx.Exec(ctx, `
			UPDATE staff SET email = $2, name = $3, roles = $4, municipality = $5 WHERE id = $1`,
			id, p.Email, p.Name, p.Roles, p.Municipality); err != nil {
			return err
		}
		if Reaches(before, p) {
			if err := endSessions(ctx, tx, id); err != nil {
				return err
			}
		}
		if before.Email != p.Email {
			if _, err := tx.Exec(ctx, `DELETE FROM staff_identities WHERE staff = $1`, id); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `DELETE FROM staff_links WHERE staff = $1`, id); err != nil {
				return err
			}
			if lost, err = dropTelegram(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := setLibraries(ctx, tx, id, p.Libraries); err != nil {
			return err
		}
		return keepAnAdmin(ctx, tx, "roles")
	})
	if err != nil {
		return 0, fmt.Errorf("change account %d: %w", id, err)
	}
	return lost, nil
}

// Reaches says whether a profile gives an account other power, or sends what opens it to another address. A library that is taken away is none,
// except the last one: who serves no library answers for the national pool.
func Reaches(before Account, p Profile) bool {
	roles, _ := orderedRoles(p.Roles)
	added := slices.ContainsFunc(p.Libraries, func(id string) bool { return !slices.Contains(before.Libraries, id) })
	return added || len(before.Libraries) > 0 && len(p.Libraries) == 0 || before.Email != strings.ToLower(strings.TrimSpace(p.Email)) || before.Municipality != strings.TrimSpace(p.Municipality) ||
		!slices.Equal(slices.Sorted(slices.Values(before.Roles)), roles)
}

// SetActive lets an account in again or keeps it out. Keeping it out ends its sessions and links at once.
func (s *Store) SetActive(ctx context.Context, by, id int64, active bool) error {
	verb := "account.deactivate"
	if active {
		verb = "account.activate"
	}
	err := s.Door(ctx, Act{By: by, Verb: verb, Subject: subject(id)}, func(tx pgx.Tx, _ *Act) error {
		if err := lockAdmins(ctx, tx); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE staff SET active = $2 WHERE id = $1`, id, active)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		if active {
			return nil
		}
		if err := endSessions(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM staff_devices WHERE staff = $1`, id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM staff_links WHERE staff = $1`, id); err != nil {
			return err
		}
		return keepAnAdmin(ctx, tx, "active")
	})
	if err != nil {
		return fmt.Errorf("%s %d: %w", verb, id, err)
	}
	return nil
}

// check trims and validates.
func (p Profile) check() (Profile, error) {
	p.Email = strings.ToLower(strings.TrimSpace(p.Email))
	address, err := mail.ParseAddress(p.Email)
	if err != nil || address.Address != p.Email || len(p.Email) > 254 {
		return p, &Fault{Field: "email", Key: "console.fault_email"}
	}
	p.Name = strings.Join(strings.Fields(p.Name), " ")
	if p.Name == "" {
		p.Name = nameOf(p.Email)
	}
	if _, hidden := privacy.Mask(p.Name); len(hidden) > 0 || utf8.RuneCountInString(p.Name) > 80 || strings.ContainsFunc(p.Name, unicode.IsControl) { // people read it
		return p, &Fault{Field: "name", Key: "console.fault_name"}
	}
	var known bool
	if p.Roles, known = orderedRoles(p.Roles); len(p.Roles) == 0 || !known {
		return p, &Fault{Field: "roles", Key: "console.fault_roles"}
	}
	p.Libraries = slices.Compact(slices.Sorted(slices.Values(p.Libraries)))
	if len(p.Libraries) > 0 && !slices.Contains(p.Roles, Librarian) {
		return p, &Fault{Field: "libraries", Key: "console.fault_libraries_role"}
	}
	p.Municipality = strings.TrimSpace(p.Municipality)
	if p.Municipality != "" && !slices.Contains(p.Roles, Editor) {
		return p, &Fault{Field: "municipality", Key: "console.fault_municipality_role"}
	}
	return p, nil
}

// orderedRoles gives each role once, in order; false where one is none.
func orderedRoles(roles []Role) ([]Role, bool) {
	roles = append([]Role{}, roles...) // never nil, which the database would take for NULL
	slices.Sort(roles)
	roles = slices.Compact(roles)
	return roles, !slices.ContainsFunc(roles, func(r Role) bool { return !slices.Contains(Roles(), r) })
}

func (p Profile) detail() map[string]any {
	d := map[string]any{"email": p.Email, "name": p.Name, "roles": p.Roles}
	if len(p.Libraries) > 0 {
		d["libraries"] = p.Libraries
	}
	if p.Municipality != "" {
		d["municipality"] = p.Municipality
	}
	return d
}

// nameOf makes a readable name of an address: «maria.petrova@…» is «Maria Petrova».
func nameOf(email string) string {
	local, _, _ := strings.Cut(email, "@")
	words := strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for i, w := range words {
		first, n := utf8.DecodeRuneInString(w)
		words[i] = string(unicode.ToUpper(first)) + w[n:]
	}
	if len(words) == 0 {
		return local
	}
	return strings.Join(words, " ")
}

func setLibraries(ctx context.Context, tx pgx.Tx, id int64, libraries []string) error {
	if _, err := tx.Exec(ctx, `DELETE FROM staff_libraries WHERE staff = $1`, id); err != nil {
		return err
	}
	if len(libraries) == 0 {
		return nil
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO staff_libraries (staff, help_point)
		SELECT $1, h.id FROM help_points h WHERE h.id = ANY ($2)`, id, libraries)
	if err != nil {
		return err
	}
	if tag.RowsAffected() != int64(len(libraries)) {
		return &Fault{Field: "libraries", Key: "console.fault_libraries_unknown"}
	}
	return nil
}

// lockAdmins makes changes that may remove an administrator wait for each other.
func lockAdmins(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtext('orientir staff administrators'))`)
	return err
}

func hasAdmin(ctx context.Context, db postgres.DB) (bool, error) {
	var has bool
	err := db.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM staff WHERE active AND password_hash IS NOT NULL AND 'admin' = ANY (roles))`).Scan(&has)
	return has, err
}

func keepAnAdmin(ctx context.Context, tx pgx.Tx, field string) error {
	has, err := hasAdmin(ctx, tx)
	if err != nil {
		return err
	}
	if !has {
		return &Fault{Field: field, Key: "console.fault_last_admin"}
	}
	return nil
}

func account(ctx context.Context, db postgres.DB, sql string, args ...any) (Account, bool, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return Account{}, false, fmt.Errorf("read account: %w", err)
	}
	a, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Account])
	if err == pgx.ErrNoRows {
		return Account{}, false, nil
	}
	if err != nil {
		return Account{}, false, fmt.Errorf("read account: %w", err)
	}
	return a, true, nil
}

func subject(id int64) string { return fmt.Sprintf("account:%d", id) }
