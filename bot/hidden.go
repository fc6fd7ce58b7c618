package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"orientir/bot/i18n"
	"orientir/deploy/postgres"
	"orientir/knowledge/privacy"
)

// HiddenWords names the kinds of personal numbers that were hidden, «ЕГН и телефон», in a language that people read.
func HiddenWords(kinds []privacy.Kind, language string) string {
	var names []string
	for _, k := range privacy.Kinds() {
		if slices.Contains(kinds, k) {
			names = append(names, i18n.T(language, "bot.hidden_"+string(k)))
		}
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return i18n.T(language, "bot.hidden_and", strings.Join(names[:last], ", "), names[last])
}

// warnMasked tells a person once for a message what was hidden in it, and why. Where a librarian holds the conversation and may call back,
// who wrote a phone or an address may leave it where it is safe.
func (c *Conversations) warnMasked(ctx context.Context, tx postgres.DB, conversation int64, kinds []privacy.Kind, callbacks bool) error {
	var language string
	if err := tx.QueryRow(ctx, `
		SELECT k.language FROM conversations c JOIN contacts k ON k.id = c.contact WHERE c.id = $1 FOR UPDATE OF c`, conversation).Scan(&language); err != nil {
		return fmt.Errorf("tell what was hidden in conversation %d: %w", conversation, err)
	}
	body := Body{Text: i18n.T(language, "bot.notice_masked", HiddenWords(kinds, language)), Language: language}
	if callbacks && (slices.Contains(kinds, privacy.Phone) || slices.Contains(kinds, privacy.Email)) {
		body.Buttons = []Action{{Label: i18n.T(language, "bot.button_contact"), Data: "contact"}}
	}
	_, err := c.write(ctx, tx, conversation, System, "", body)
	return err
}
