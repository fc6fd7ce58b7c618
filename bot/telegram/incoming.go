package telegram

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/go-telegram/bot/models"

	"orientir/bot"
)

// Channel names this channel in stored conversations.
const Channel = "telegram"

// allowedUpdates are the kinds of updates that we ask Telegram for.
var allowedUpdates = []string{
	models.AllowedUpdateMessage, models.AllowedUpdateEditedMessage, models.AllowedUpdateCallbackQuery, models.AllowedUpdateMyChatMember,
}

// incoming turns an update into an event of the bot. It says false for what does not concern a private chat.
func incoming(u models.Update) (bot.Incoming, bool) {
	in := bot.Incoming{Channel: Channel, EventID: "u" + strconv.FormatInt(u.ID, 10)}
	switch {
	case u.Message != nil:
		return fromMessage(in, u.Message)
	case u.EditedMessage != nil:
		return fromEdit(in, u.EditedMessage)
	case u.CallbackQuery != nil:
		return fromCallback(in, u.CallbackQuery)
	case u.MyChatMember != nil:
		return fromMember(in, u.MyChatMember)
	}
	return in, false
}

func fromMessage(in bot.Incoming, m *models.Message) (bot.Incoming, bool) {
	in, ok := addressed(in, m)
	if !ok {
		return in, false
	}
	switch {
	case m.Location != nil:
		in.Kind, in.Lat, in.Lon = bot.Location, m.Location.Latitude, m.Location.Longitude
	case m.Venue != nil:
		in.Kind, in.Lat, in.Lon = bot.Location, m.Venue.Location.Latitude, m.Venue.Location.Longitude
	case m.Contact != nil && m.From != nil && m.Contact.UserID == m.From.ID: // their own, by the button; anybody else's card is not read
		in.Kind, in.Text = bot.Contact, "+"+strings.TrimPrefix(m.Contact.PhoneNumber, "+") // clients leave the plus out
	case m.Contact != nil:
		in.Kind = bot.Unsupported
	case isCommand(m):
		in.Kind = bot.Command
		in.Command, in.Argument = command(m.Text)
	case m.Text != "":
		in.Kind, in.Text = bot.Text, m.Text
	case m.Caption != "":
		in.Kind, in.Text = bot.Text, m.Caption
	default:
		in.Kind = bot.Unsupported
	}
	return in, true
}

func fromEdit(in bot.Incoming, m *models.Message) (bot.Incoming, bool) {
	in, ok := addressed(in, m)
	if !ok || m.Text == "" && m.Caption == "" {
		return in, false
	}
	in.Kind, in.Replaces, in.MessageID = bot.Edited, in.MessageID, ""
	in.Text = m.Text
	if in.Text == "" {
		in.Text = m.Caption
	}
	return in, true
}

// addressed fills who wrote, where and when. Groups and channels are no conversations with one person.
func addressed(in bot.Incoming, m *models.Message) (bot.Incoming, bool) {
	if m.Chat.Type != models.ChatTypePrivate {
		return in, false
	}
	in.ContactKey = strconv.FormatInt(m.Chat.ID, 10)
	in.MessageID = strconv.Itoa(m.ID)
	in.At = time.Unix(int64(m.Date), 0).UTC()
	if m.From != nil {
		in.Language = m.From.LanguageCode
	}
	return in, true
}

func fromCallback(in bot.Incoming, q *models.CallbackQuery) (bot.Incoming, bool) {
	in.Kind, in.Data, in.Language = bot.Button, q.Data, q.From.LanguageCode
	// In a private chat the chat's id is the person's, also where the message has become inaccessible.
	in.ContactKey = strconv.FormatInt(q.From.ID, 10)
	if m := q.Message.Message; m != nil {
		if m.Chat.Type != models.ChatTypePrivate {
			return in, false
		}
		in.MessageID = strconv.Itoa(m.ID)
	}
	in.At = time.Now().UTC()
	return in, q.Data != ""
}

func fromMember(in bot.Incoming, m *models.ChatMemberUpdated) (bot.Incoming, bool) {
	if m.Chat.Type != models.ChatTypePrivate || m.NewChatMember.Type != models.ChatMemberTypeBanned {
		return in, false
	}
	in.Kind, in.ContactKey, in.At = bot.Blocked, strconv.FormatInt(m.Chat.ID, 10), time.Unix(int64(m.Date), 0).UTC()
	return in, true
}

func isCommand(m *models.Message) bool {
	for _, e := range m.Entities {
		if e.Type == models.MessageEntityTypeBotCommand && e.Offset == 0 {
			return true
		}
	}
	return false
}

// command parts «/start@orientir_bot place» into the command and what follows.
func command(text string) (name, argument string) {
	name, argument, _ = strings.Cut(strings.TrimPrefix(text, "/"), " ")
	name, _, _ = strings.Cut(name, "@")
	return strings.ToLower(name), strings.TrimSpace(argument)
}

// units counts UTF-16 code units, in which Telegram measures texts.
func units(s string) int { return len(utf16.Encode([]rune(s))) }
