package telegram

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	telegram "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"

	"orientir/bot"
)

// GroupButton is a button under a message in a group: words to read, and the action that comes back in GroupUpdate.Data, at most 64 bytes.
type GroupButton struct{ Label, Data string }

// Trouble is why Telegram refused something in a group for good.
type Trouble string

// The troubles.
const (
	TroubleRemoved Trouble = "removed" // the bot is not in the group any more
	TroubleRights  Trouble = "rights"  // it lacks a right
	TroubleForum   Trouble = "forum"   // the group has no topics any more
	TroubleTopic   Trouble = "topic"   // this topic is gone
	TroubleClosed  Trouble = "closed"  // this topic is closed to the bot
	TroubleOther   Trouble = "other"
)

// GroupError is a refusal for good in a group.
type GroupError struct {
	Trouble Trouble
	Reason  string // Telegram's words
}

func (e *GroupError) Error() string { return "telegram refuses in the group: " + e.Reason }

// CreateTopic makes a topic, its name at most 128 characters, and gives its id.
func (b *Bot) CreateTopic(ctx context.Context, chat int64, name string) (thread int, err error) {
	if err := b.groupTurn(ctx, chat); err != nil {
		return 0, err
	}
	t, err := b.api.CreateForumTopic(ctx, &telegram.CreateForumTopicParams{ChatID: chat, Name: name})
	if err != nil {
		return 0, groupError(err)
	}
	return t.MessageThreadID, nil
}

// RenameTopic changes a topic's name. One that has it already is no error.
func (b *Bot) RenameTopic(ctx context.Context, chat int64, thread int, name string) error {
	return b.onTopic(ctx, chat, func() (bool, error) {
		return b.api.EditForumTopic(ctx, &telegram.EditForumTopicParams{ChatID: chat, MessageThreadID: thread, Name: name})
	})
}

// CloseTopic closes a topic: only administrators can write in it. A closed one is no error.
func (b *Bot) CloseTopic(ctx context.Context, chat int64, thread int) error {
	return b.onTopic(ctx, chat, func() (bool, error) {
		return b.api.CloseForumTopic(ctx, &telegram.CloseForumTopicParams{ChatID: chat, MessageThreadID: thread})
	})
}

// ReopenTopic opens a closed topic. An open one is no error.
func (b *Bot) ReopenTopic(ctx context.Context, chat int64, thread int) error {
	return b.onTopic(ctx, chat, func() (bool, error) {
		return b.api.ReopenForumTopic(ctx, &telegram.ReopenForumTopicParams{ChatID: chat, MessageThreadID: thread})
	})
}

// DeleteTopic deletes a topic with all its messages. One that is gone is no error.
func (b *Bot) DeleteTopic(ctx context.Context, chat int64, thread int) error {
	err := b.onTopic(ctx, chat, func() (bool, error) {
		return b.api.DeleteForumTopic(ctx, &telegram.DeleteForumTopicParams{ChatID: chat, MessageThreadID: thread})
	})
	var refused *GroupError
	if errors.As(err, &refused) && refused.Trouble == TroubleTopic {
		return nil
	}
	return err
}

func (b *Bot) onTopic(ctx context.Context, chat int64, call func() (bool, error)) error {
	if err := b.groupTurn(ctx, chat); err != nil {
		return err
	}
	if _, err := call(); err != nil && !unchanged(err) {
		return groupError(err)
	}
	return nil
}

// SendTopic sends a text, HTML of Telegram's kind, to a topic, 0 being the general one, and gives the message's id.
func (b *Bot) SendTopic(ctx context.Context, chat int64, thread int, html string, buttons [][]GroupButton) (message int, err error) {
	if err := b.groupTurn(ctx, chat); err != nil {
		return 0, err
	}
	off := true
	m, err := b.api.SendMessage(ctx, &telegram.SendMessageParams{
		ChatID: chat, MessageThreadID: thread, Text: html, ParseMode: models.ParseModeHTML,
		LinkPreviewOptions: &models.LinkPreviewOptions{IsDisabled: &off}, ReplyMarkup: groupKeyboard(buttons),
	})
	if err != nil {
		return 0, groupError(err)
	}
	return m.ID, nil
}

// SetButtons changes the buttons under one of the bot's messages. A message that has them, or is gone, is no error.
func (b *Bot) SetButtons(ctx context.Context, chat int64, message int, buttons [][]GroupButton) error {
	if err := b.groupTurn(ctx, chat); err != nil {
		return err
	}
	markup := groupKeyboard(buttons)
	if markup == nil {
		markup = models.InlineKeyboardMarkup{InlineKeyboard: [][]models.InlineKeyboardButton{}}
	}
	_, err := b.api.EditMessageReplyMarkup(ctx, &telegram.EditMessageReplyMarkupParams{ChatID: chat, MessageID: message, ReplyMarkup: markup})
	if err == nil || unchanged(err) || errors.Is(err, telegram.ErrorBadRequest) && strings.Contains(err.Error(), "message to edit not found") {
		return nil
	}
	return groupError(err)
}

// React puts one of Telegram's emoji on a message. It is no message and takes no turn of the group.
func (b *Bot) React(ctx context.Context, chat int64, message int, emoji string) error {
	if err := b.anyTurn(ctx); err != nil {
		return err
	}
	_, err := b.api.SetMessageReaction(ctx, &telegram.SetMessageReactionParams{ChatID: chat, MessageID: message, Reaction: []models.ReactionType{
		{Type: models.ReactionTypeTypeEmoji, ReactionTypeEmoji: &models.ReactionTypeEmoji{Type: models.ReactionTypeTypeEmoji, Emoji: emoji}},
	}})
	if err != nil {
		return groupError(err)
	}
	return nil
}

// AnswerButton stops a button's spinner and says something to who pressed it, at most 200 characters; alert shows it in a window.
func (b *Bot) AnswerButton(ctx context.Context, callback, words string, alert bool) error {
	_, err := b.api.AnswerCallbackQuery(ctx, &telegram.AnswerCallbackQueryParams{CallbackQueryID: callback, Text: words, ShowAlert: alert})
	if err != nil {
		return groupError(err)
	}
	return nil
}

// Rights asks what the bot may do in a group. A group that it is not in is an answer, not an error.
func (b *Bot) Rights(ctx context.Context, chat int64) (Rights, error) {
	var refused *GroupError
	c, err := b.api.GetChat(ctx, &telegram.GetChatParams{ChatID: chat})
	if err != nil {
		if err = groupError(err); errors.As(err, &refused) {
			return Rights{}, nil
		}
		return Rights{}, fmt.Errorf("ask about a group: %w", scrub(err))
	}
	id, err := strconv.ParseInt(strings.SplitN(b.o.Token, ":", 2)[0], 10, 64) // a token begins with the bot's id
	if err != nil {
		return Rights{}, errors.New("the bot's token has no id in it")
	}
	m, err := b.api.GetChatMember(ctx, &telegram.GetChatMemberParams{ChatID: chat, UserID: id})
	if err != nil {
		if err = groupError(err); errors.As(err, &refused) {
			return Rights{Forum: c.IsForum}, nil
		}
		return Rights{}, fmt.Errorf("ask about rights in a group: %w", scrub(err))
	}
	return rightsOf(*m, c.IsForum), nil
}

// groupTurn takes a turn of the group's and the bot's pace. The group's is never waited for here: *bot.RetryAfter says how long.
func (b *Bot) groupTurn(ctx context.Context, chat int64) error {
	if ok, wait := b.pace.Allow(ctx, "telegram:chat:"+strconv.FormatInt(chat, 10), 1, chatPause); !ok {
		return &bot.RetryAfter{D: wait}
	}
	return b.anyTurn(ctx)
}

// anyTurn takes a turn of the bot's pace. A long wait is not waited here: it comes back as *bot.RetryAfter of everybody.
func (b *Bot) anyTurn(ctx context.Context) error { return b.turn(ctx, burst, burstPer) }

// turn takes one of the turns «telegram», of which so many may be taken at once.
func (b *Bot) turn(ctx context.Context, limit int, per time.Duration) error {
	for {
		ok, wait := b.pace.Allow(ctx, "telegram", limit, per)
		switch {
		case ok:
			return nil
		case wait > longestWait:
			return &bot.RetryAfter{D: wait, All: true}
		case !sleep(ctx, wait):
			return ctx.Err()
		}
	}
}

func groupKeyboard(buttons [][]GroupButton) models.ReplyMarkup {
	var rows [][]models.InlineKeyboardButton
	for _, row := range buttons {
		var out []models.InlineKeyboardButton
		for _, b := range row {
			out = append(out, models.InlineKeyboardButton{Text: b.Label, CallbackData: b.Data})
		}
		rows = append(rows, out)
	}
	if rows == nil {
		return nil
	}
	return models.InlineKeyboardMarkup{InlineKeyboard: rows}
}

// unchanged says that what was asked for is so already.
func unchanged(err error) bool {
	return errors.Is(err, telegram.ErrorBadRequest) && (strings.Contains(err.Error(), "TOPIC_NOT_MODIFIED") || strings.Contains(err.Error(), "message is not modified"))
}

// groupError turns the library's errors into what a group's sender acts on; others are tried again.
func groupError(err error) error {
	var many *telegram.TooManyRequestsError
	var moved *telegram.MigrateError
	switch {
	case errors.As(err, &many):
		return &bot.RetryAfter{D: time.Duration(max(many.RetryAfter, 1)) * time.Second}
	case errors.As(err, &moved): // the group has another id now: it is to be connected anew
		return &GroupError{TroubleRemoved, moved.Message}
	case errors.Is(err, telegram.ErrorForbidden):
		return &GroupError{TroubleRemoved, reason(err)}
	case errors.Is(err, telegram.ErrorBadRequest):
		return &GroupError{troubleOf(err.Error()), reason(err)}
	}
	return scrub(err)
}

// troubleOf reads Telegram's words: its Bot API has no other codes for these.
func troubleOf(words string) Trouble {
	for _, t := range []struct {
		words   string
		trouble Trouble
	}{
		{"chat not found", TroubleRemoved},
		{"bot is not a member", TroubleRemoved},
		{"message thread not found", TroubleTopic},
		{"TOPIC_ID_INVALID", TroubleTopic},
		{"TOPIC_DELETED", TroubleTopic},
		{"TOPIC_CLOSED", TroubleClosed},
		{"chat is not a forum", TroubleForum},
		{"CHANNEL_FORUM_MISSING", TroubleForum},
		{"not enough rights", TroubleRights},
		{"have no rights", TroubleRights},
		{"need administrator rights", TroubleRights},
		{"CHAT_ADMIN_REQUIRED", TroubleRights},
		{"CHAT_WRITE_FORBIDDEN", TroubleRights},
	} {
		if strings.Contains(words, t.words) {
			return t.trouble
		}
	}
	return TroubleOther
}

// GroupLimit is how many UTF-16 units a text in a group may have, with room for a name before it.
const GroupLimit = textLimit - 200

// Units counts a text as Telegram measures it.
func Units(text string) int { return units(text) }

// Pieces cuts a text that is longer than limit into pieces that are not, after a word where there is one.
func Pieces(text string, limit int) []string {
	if units(text) <= limit {
		return []string{text}
	}
	var pieces []string
	for _, l := range fit(plainLine(text), limit) {
		pieces = append(pieces, l.plain)
	}
	return pieces
}

// Plain writes words as the HTML that Telegram takes.
func Plain(words string) string { return plainLine(words).html }

// Bold writes words in bold.
func Bold(words string) string { return boldLine(words).html }
