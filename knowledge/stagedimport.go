package knowledge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/deploy/postgres"
)

// StagedImport is a file of guides that an editor has read in and looks at before it is taken.
type StagedImport struct {
	ID    int64
	Name  string // of the file, at most 200 characters
	How   ImportHow
	Filed []FiledGuide
	By    string // opaque staff id
	At    time.Time
}

// stagedLife is how long such a file stays, if nobody takes it.
const stagedLife = 24 * time.Hour

// StageImport keeps what was read of a file for its editor to look at. An editor has one at a time: the one before goes.
func (s *Store) StageImport(ctx context.Context, tx postgres.DB, name string, how ImportHow, filed []FiledGuide, by Editor) (StagedImport, error) {
	if by.Municipality != "" {
		return StagedImport{}, fmt.Errorf("stage an import of guides: %w", &Fault{"municipality", "fault.not_yours", by.Municipality})
	}
	name = strict(strings.ReplaceAll(strings.ToValidUTF8(name, "?"), "\x00", "?"))
	if runes := []rune(name); len(runes) > 200 {
		name = string(runes[:200])
	}
	data, err := json.Marshal(filled(filed))
	if err != nil {
		return StagedImport{}, fmt.Errorf("stage an import of guides: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM guide_imports WHERE begun_by = $1 OR begun_at < now() - $2::interval`, by.ID, stagedLife); err != nil {
		return StagedImport{}, fmt.Errorf("stage an import of guides: %w", err)
	}
	staged := StagedImport{Name: name, How: how, Filed: filed, By: by.ID}
	err = tx.QueryRow(ctx, `INSERT INTO guide_imports (name, how, guides, begun_by) VALUES ($1, $2, $3, $4) RETURNING id, begun_at`, name, string(how), data, by.ID).
		Scan(&staged.ID, &staged.At)
	return staged, wrap("stage an import of guides", err)
}

// StagedImport gives an editor's own file, and false where there is none of this number, or no more.
func (s *Store) StagedImport(ctx context.Context, tx postgres.DB, id int64, by Editor) (StagedImport, bool, error) {
	staged := StagedImport{ID: id, By: by.ID}
	var data []byte
	err := tx.QueryRow(ctx, `SELECT name, how, guides, begun_at FROM guide_imports WHERE id = $1 AND begun_by = $2 AND begun_at > now() - $3::interval`, id, by.ID, stagedLife).
		Scan(&staged.Name, &staged.How, &data, &staged.At)
	if errors.Is(err, pgx.ErrNoRows) {
		return StagedImport{}, false, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &staged.Filed)
	}
	if err != nil {
		return StagedImport{}, false, fmt.Errorf("read import %d of guides: %w", id, err)
	}
	return staged, true, nil
}

// DropImport throws an editor's own file away, and says false where there was none.
func (s *Store) DropImport(ctx context.Context, tx postgres.DB, id int64, by Editor) (bool, error) {
	tag, err := tx.Exec(ctx, `DELETE FROM guide_imports WHERE id = $1 AND begun_by = $2`, id, by.ID)
	return tag.RowsAffected() > 0, wrap("drop an import of guides", err)
}
