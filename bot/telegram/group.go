package telegram

import (
	"context"
	"time"

	"github.com/go-telegram/bot/models"
)

// Groups takes what happens in groups; handoff/group is the one. Once Take returns without an error the update may be acknowledged; it
// may come twice.
type Groups interface {
	Take(ctx context.Context, u GroupUpdate) error
}

// GroupKind is what sort of thing happened in a group.
type GroupKind string

// The kinds of what happens in groups.
const (
	GroupText    GroupKind = "text"
	GroupEdited  GroupKind = "edited"  // the new text of a message
	GroupOther   GroupKind = "other"   // a message without words
	GroupCommand GroupKind = "command" // Text is the command, without slash, and what follows
	GroupPressed GroupKind = "button"
	GroupMember  GroupKind = "member" // the bot was added, removed, or its rights changed
)

// GroupUpdate is something that happened in a group, before anybody decided whether the group concerns us.
type GroupUpdate struct {
	ID       int64 // of the update
	Kind     GroupKind
	Chat     int64
	Title    string // of the group
	Thread   int    // topic of a forum; 0 is the general one
	User     int64  // who did it; 0 where a group or a channel writes as such
	Language string // what Telegram says of the user's language; a hint
	Message  int    // the message's id; with a button the one that carries it
	Text     string
	Data     string // of a button
	Callback string // id to answer a button with
	Rights   Rights // with GroupMember
	At       time.Time
}

// Rights is what the bot may do in a group, as far as a desk needs it.
type Rights struct {
	Member bool // it is in the group
	Admin  bool
	Topics bool // it may manage topics
	Delete bool // it may delete messages, and so topics
	Forum  bool // the group has topics
}

// groupUpdate reads an update of a group; false for anything else, and for what bots do there.
func groupUpdate(u models.Update) (GroupUpdate, bool) {
	g := GroupUpdate{ID: u.ID}
	switch {
	case u.Message != nil:
		return g.message(u.Message, false)
	case u.EditedMessage != nil:
		return g.message(u.EditedMessage, true)
	case u.CallbackQuery != nil:
		q := u.CallbackQuery
		m := q.Message.Message
		switch {
		case m != nil && ofGroup(m.Chat):
			g.in(m.Chat, m.MessageThreadID, m.IsTopicMessage)
			g.Message = m.ID
		case q.Message.InaccessibleMessage != nil && ofGroup(q.Message.InaccessibleMessage.Chat):
			g.in(q.Message.InaccessibleMessage.Chat, 0, false)
			g.Message = q.Message.InaccessibleMessage.MessageID
		default:
			return g, false
		}
		g.Kind, g.User, g.Language, g.Data, g.Callback, g.At = GroupPressed, q.From.ID, q.From.LanguageCode, q.Data, q.ID, time.Now().UTC()
		return g, true
	case u.MyChatMember != nil:
		m := u.MyChatMember
		if !ofGroup(m.Chat) {
			return g, false
		}
		g.in(m.Chat, 0, false)
		g.Kind, g.User, g.Language, g.At = GroupMember, m.From.ID, m.From.LanguageCode, time.Unix(int64(m.Date), 0).UTC()
		g.Rights = rightsOf(m.NewChatMember, m.Chat.IsForum)
		return g, true
	}
	return g, false
}

func (g GroupUpdate) message(m *models.Message, edited bool) (GroupUpdate, bool) {
	if !ofGroup(m.Chat) || m.From == nil && m.SenderChat == nil || m.From != nil && m.From.IsBot && m.SenderChat == nil {
		return g, false
	}
	g.in(m.Chat, m.MessageThreadID, m.IsTopicMessage)
	g.Message, g.At, g.Kind = m.ID, time.Unix(int64(m.Date), 0).UTC(), GroupText
	if m.SenderChat == nil {
		g.User, g.Language = m.From.ID, m.From.LanguageCode
	}
	if g.Text = m.Text; g.Text == "" {
		g.Text = m.Caption
	}
	switch {
	case service(m):
		return g, false
	case edited:
		g.Kind = GroupEdited
	case isCommand(m):
		name, argument := command(m.Text)
		g.Kind, g.Text = GroupCommand, name+" "+argument
	case g.Text == "":
		g.Kind = GroupOther
	}
	return g, g.Text != "" || !edited
}

// service says that a message is Telegram's own note of what happened, and nobody's words.
func service(m *models.Message) bool {
	return m.ForumTopicCreated != nil || m.ForumTopicClosed != nil || m.ForumTopicReopened != nil || m.ForumTopicEdited != nil ||
		m.GeneralForumTopicHidden != nil || m.GeneralForumTopicUnhidden != nil || len(m.NewChatMembers) > 0 || m.LeftChatMember != nil ||
		m.NewChatTitle != "" || len(m.NewChatPhoto) > 0 || m.DeleteChatPhoto || m.PinnedMessage != nil || m.GroupChatCreated || m.SupergroupChatCreated
}

// in says where it happened. Outside a forum a thread is only a chain of replies.
func (g *GroupUpdate) in(c models.Chat, thread int, topic bool) {
	g.Chat, g.Title = c.ID, c.Title
	if topic {
		g.Thread = thread
	}
}

func ofGroup(c models.Chat) bool {
	return c.Type == models.ChatTypeGroup || c.Type == models.ChatTypeSupergroup
}

func rightsOf(m models.ChatMember, forum bool) Rights {
	r := Rights{Forum: forum}
	switch m.Type {
	case models.ChatMemberTypeMember:
		r.Member = true
	case models.ChatMemberTypeRestricted:
		r.Member = m.Restricted != nil && m.Restricted.IsMember
	case models.ChatMemberTypeAdministrator:
		r.Member, r.Admin = true, true
		if a := m.Administrator; a != nil {
			r.Topics, r.Delete = a.CanManageTopics, a.CanDeleteMessages
		}
	case models.ChatMemberTypeOwner: // a bot can't be one, but then it could do everything
		r.Member, r.Admin, r.Topics, r.Delete = true, true, true, true
	}
	return r
}
