package group

import (
	"context"
	"errors"
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"orientir/bot"
	"orientir/bot/i18n"
	"orientir/handoff/staff"
)

// connect answers «/connect CODE»: it connects the group with the code's library, or says what is missing. The code stays good until
// the group is as it should be. Where the answer was lost the same message again is answered the same way.
func (d *Desk) connect(ctx context.Context, u update) error {
	who := u.Actor
	if who == 0 {
		who = u.Chat // somebody who hides behind the group
	}
	var many *staff.TooMany
	switch err := d.staff.TryCode(ctx, who); {
	case errors.As(err, &many):
		return d.answer(ctx, u, u.t("code_many", int(many.RetryAfter.Minutes())+1))
	case err != nil:
		return err
	}
	if name, ok, err := d.connectedWith(ctx, u); err != nil || ok {
		if err != nil {
			return err
		}
		return d.answer(ctx, u, u.t("connected_already", name))
	}
	var good bool
	err := d.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM telegram_group_codes WHERE code_hash = $1 AND expires_at > $2)`, u.CodeHash, d.now()).Scan(&good)
	if err != nil {
		return fmt.Errorf("read the code of a group: %w", err)
	}
	if !good {
		return d.answer(ctx, u, u.t("code_wrong"))
	}
	rights, err := d.telegram.Rights(ctx, u.Chat)
	if err != nil {
		return err
	}
	if faults := faultsOf(rights); len(faults) > 0 {
		words := []string{u.t("lacks")}
		for _, f := range faults {
			words = append(words, "• "+u.t("lacks_"+string(f)))
		}
		words = append(words, u.t("lacks_then"))
		return d.answer(ctx, u, strings.Join(words, "\n"))
	}
	name, err := d.keepConnection(ctx, u)
	if errors.Is(err, staff.ErrNotFound) {
		return d.answer(ctx, u, u.t("code_wrong"))
	}
	if err != nil {
		return err
	}
	if err := d.staff.ForgiveCode(ctx, who); err != nil {
		return err
	}
	d.redis.Publish(ctx, wakeTopic, "")
	return d.answer(ctx, u, u.t("connected", name))
}

// connectedWith says with which library the group is connected, where the code is none that would change that.
func (d *Desk) connectedWith(ctx context.Context, u update) (name string, ok bool, err error) {
	err = d.db.QueryRow(ctx, `
		SELECT coalesce(h.name, '') FROM telegram_groups g LEFT JOIN help_points h ON h.id = g.help_point
		WHERE g.chat = $1 AND g.disconnected_at IS NULL AND g.fault = ''
		  AND NOT EXISTS (SELECT FROM telegram_group_codes WHERE code_hash = $2)`, u.Chat, u.CodeHash).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("read group %d: %w", u.Chat, err)
	}
	return u.library(name), true, nil
}

// library is a library's name as people read it; without one it is the national pool.
func (u update) library(name string) string {
	if name == "" {
		return i18n.T(languageOf(u.Language), "console.pool")
	}
	return name
}

// keepConnection uses the code. A library has one group: an earlier one is disconnected.
func (d *Desk) keepConnection(ctx context.Context, u update) (name string, err error) {
	act := staff.Act{Verb: "group.connect", Subject: fmt.Sprintf("group:%d", u.Chat)}
	err = d.staff.Door(ctx, act, func(tx pgx.Tx, act *staff.Act) error {
		now := d.now()
		var helpPoint string
		err := tx.QueryRow(ctx, `
			WITH code AS (DELETE FROM telegram_group_codes WHERE code_hash = $1 AND expires_at > $2 RETURNING help_point, staff)
			SELECT coalesce(c.help_point, ''), c.staff, coalesce(h.name, '') FROM code c LEFT JOIN help_points h ON h.id = c.help_point`,
			u.CodeHash, now).Scan(&helpPoint, &act.By, &name)
		if errors.Is(err, pgx.ErrNoRows) {
			return staff.ErrNotFound
		}
		if err != nil {
			return err
		}
		act.Detail = map[string]any{"library": helpPoint}
		if _, err := tx.Exec(ctx, `
			UPDATE telegram_groups SET disconnected_at = $3
			WHERE disconnected_at IS NULL AND chat <> $1 AND help_point IS NOT DISTINCT FROM NULLIF($2, '')`, u.Chat, helpPoint, now); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO telegram_groups (chat, title, help_point, connected_by, connected_at) VALUES ($1, $2, NULLIF($3, ''), $4, $5)
			ON CONFLICT (chat) DO UPDATE SET title = EXCLUDED.title, help_point = EXCLUDED.help_point, connected_by = EXCLUDED.connected_by,
				connected_at = EXCLUDED.connected_at, disconnected_at = NULL, fault = '', fault_at = NULL, probe_at = NULL, not_before = NULL, tries = 0`,
			u.Chat, u.Title, helpPoint, act.By, now)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("connect group %d: %w", u.Chat, err)
	}
	return u.library(name), nil
}

// answer says something where it was asked. Where the bot may not even speak, the staff site is the place to look.
func (d *Desk) answer(ctx context.Context, u update, words string) error {
	for tries := 1; ; tries++ {
		_, err := d.telegram.SendTopic(ctx, u.Chat, u.Thread, html.EscapeString(words), nil)
		var later *bot.RetryAfter
		if !errors.As(err, &later) || later.D > 10*time.Second || tries == 5 {
			return refusalIsNoFault(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(later.D):
		}
	}
}
