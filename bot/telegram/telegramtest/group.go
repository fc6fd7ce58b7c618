package telegramtest

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Group is a supergroup in which the bot is. Its methods do what its members do.
type Group struct {
	s      *Server
	ID     int64
	Title  string
	forum  bool
	status string // of the bot: member | administrator | left | kicked
	manage bool   // can_manage_topics
	remove bool   // can_delete_messages
	topics []*Topic

	reactions map[int]string // message → emoji
	people    map[int]Said
}

// Topic is a topic of a forum.
type Topic struct {
	Thread  int
	Name    string
	Closed  bool
	Deleted bool
}

// Said is what somebody wrote in a group.
type Said struct {
	ID, Thread int
	Text       string
}

// kicked is Telegram's word for a group that the bot isn't in.
var kicked = &apiError{Code: 403, Description: "Forbidden: bot was kicked from the supergroup chat"}

// Group gives the group with an id, below zero; a new one is a forum in which the bot is an administrator with all rights that a desk needs.
func (s *Server) Group(id int64, title string) *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[id]
	if g == nil {
		g = &Group{s: s, ID: id, Title: title, forum: true, status: "administrator", manage: true, remove: true, reactions: map[int]string{}, people: map[int]Said{}}
		s.groups[id] = g
	}
	return g
}

func (g *Group) chat() map[string]any {
	return map[string]any{"id": g.ID, "type": "supergroup", "title": g.Title, "is_forum": g.forum}
}

// Promote makes the bot an administrator with these rights, and tells it.
func (g *Group) Promote(manageTopics, deleteMessages bool) {
	g.change(func() { g.status, g.manage, g.remove = "administrator", manageTopics, deleteMessages })
}

// Demote makes the bot an ordinary member, and tells it.
func (g *Group) Demote() { g.change(func() { g.status, g.manage, g.remove = "member", false, false }) }

// Kick takes the bot out, and tells it.
func (g *Group) Kick() { g.change(func() { g.status, g.manage, g.remove = "kicked", false, false }) }

// Forum turns topics on or off. Telegram tells nobody. While they are off their messages stand in one list.
func (g *Group) Forum(on bool) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.forum = on
}

func (g *Group) change(to func()) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	before := g.member()
	to()
	g.s.deliver(map[string]any{"my_chat_member": map[string]any{
		"chat": g.chat(), "from": map[string]any{"id": 1, "is_bot": false, "first_name": "Собственик"}, "date": time.Now().Unix(),
		"old_chat_member": before, "new_chat_member": g.member(),
	}})
}

func (g *Group) member() map[string]any {
	m := map[string]any{"status": g.status, "user": map[string]any{"id": 123456, "is_bot": true, "first_name": "Ориентир"}, "until_date": 0}
	if g.status == "administrator" {
		m["can_manage_topics"], m["can_delete_messages"], m["can_manage_chat"] = g.manage, g.remove, true
	}
	return m
}

// Topics lists the topics that there are, in the order in which they were made.
func (g *Group) Topics() []Topic {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	var all []Topic
	for _, t := range g.topics {
		if !t.Deleted {
			all = append(all, *t)
		}
	}
	return all
}

// Sent lists what the bot has sent to a topic, oldest first.
func (g *Group) Sent(thread int) []Sent {
	var all []Sent
	for _, m := range g.s.Sent(g.ID) {
		if m.Thread == thread {
			all = append(all, m)
		}
	}
	return all
}

// Reaction gives the bot's reaction to a message; "" where there is none.
func (g *Group) Reaction(message int) string {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	return g.reactions[message]
}

// Remove deletes a topic as an administrator does by hand. The bot is not told.
func (g *Group) Remove(thread int) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	g.drop(thread)
}

func (g *Group) drop(thread int) {
	for _, t := range g.topics {
		if t.Thread == thread {
			t.Deleted = true
		}
	}
	kept := g.s.sent[:0:0]
	for _, m := range g.s.sent {
		if m.Chat != g.ID || m.Thread != thread || thread == 0 {
			kept = append(kept, m)
		}
	}
	g.s.sent = kept
}

// SayIn sends a text to a topic of a group, 0 being the general one, and gives the message's id. A bot that is no administrator
// hears nothing but commands.
func (p *Person) SayIn(g *Group, thread int, text string) int {
	content := map[string]any{"text": text}
	if strings.HasPrefix(text, "/") {
		command, _, _ := strings.Cut(text, " ")
		content["entities"] = []any{map[string]any{"type": "bot_command", "offset": 0, "length": units(command)}}
	}
	return p.SendIn(g, thread, content)
}

// SendIn sends a message with any content to a topic of a group.
func (p *Person) SendIn(g *Group, thread int, content map[string]any) int {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := p.message(content)
	m["chat"] = g.chat()
	if thread != 0 {
		m["message_thread_id"], m["is_topic_message"] = thread, true
	}
	id := m["message_id"].(int)
	text, _ := content["text"].(string)
	g.people[id] = Said{id, thread, text}
	if g.status == "administrator" || g.status == "member" && content["entities"] != nil {
		p.s.deliver(map[string]any{"message": m})
	}
	return id
}

// EditIn changes a text that the person wrote in a group.
func (p *Person) EditIn(g *Group, message int, text string) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	said := g.people[message]
	m := p.message(map[string]any{"message_id": message, "text": text, "edit_date": time.Now().Unix()})
	m["chat"] = g.chat()
	if said.Thread != 0 {
		m["message_thread_id"], m["is_topic_message"] = said.Thread, true
	}
	p.s.deliver(map[string]any{"edited_message": m})
}

// PressIn presses a button under one of the bot's messages in a group and gives the query's id.
func (p *Person) PressIn(g *Group, under Sent, data string) string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	id := "cb" + strconv.FormatInt(p.s.nextUpdate+1, 10)
	p.s.callbacks[id] = false
	message := map[string]any{
		"message_id": under.ID, "date": time.Now().Unix(), "text": under.Text, "chat": g.chat(),
		"from": map[string]any{"id": 123456, "is_bot": true, "first_name": "Ориентир"},
	}
	if under.Thread != 0 {
		message["message_thread_id"], message["is_topic_message"] = under.Thread, true
	}
	p.s.deliver(map[string]any{"callback_query": map[string]any{"id": id, "from": p.from(), "chat_instance": "1", "data": data, "message": message}})
	return id
}

// mayWrite holds a message to what Telegram asks of one in a group.
func (s *Server) mayWrite(chat int64, thread int) *apiError {
	g, t := s.groups[chat], (*Topic)(nil)
	if g == nil {
		return bad("chat not found")
	}
	if g.status == "kicked" || g.status == "left" {
		return kicked
	}
	if thread == 0 {
		return nil
	}
	if t = g.topic(thread); t == nil || !g.forum {
		return bad("message thread not found")
	}
	if t.Closed && !(g.status == "administrator" && g.manage) {
		return bad("TOPIC_CLOSED")
	}
	return nil
}

func (g *Group) topic(thread int) *Topic {
	for _, t := range g.topics {
		if t.Thread == thread && !t.Deleted {
			return t
		}
	}
	return nil
}

// topic carries out the methods of forum topics. What leaves a line in the topic counts as a message.
func (s *Server) topic(method string, p params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chat, _ := p.int("chat_id")
	g := s.groups[chat]
	switch {
	case g == nil:
		return nil, bad("chat not found")
	case g.status == "kicked" || g.status == "left":
		return nil, kicked
	case !g.forum:
		return nil, bad("the chat is not a forum")
	case method == "deleteForumTopic" && !g.remove:
		return nil, bad("not enough rights to delete a topic")
	case method != "deleteForumTopic" && !g.manage && method == "createForumTopic":
		return nil, bad("not enough rights to create a topic")
	case method != "deleteForumTopic" && !g.manage:
		return nil, bad("not enough rights to manage the topic")
	}
	name, named := p["name"]
	if (method == "createForumTopic" || named) && (strings.TrimSpace(name) == "" || units(name) > 128) {
		return nil, bad("TOPIC_TITLE_EMPTY")
	}
	if method == "createForumTopic" {
		if err := s.pace.take(chat, s.opts.Now()); err != nil {
			return nil, err
		}
		t := &Topic{Thread: s.nextMessage, Name: name}
		s.nextMessage++
		g.topics = append(g.topics, t)
		return map[string]any{"message_thread_id": t.Thread, "name": name, "icon_color": 7322096}, nil
	}
	thread, _ := p.int("message_thread_id")
	t := g.topic(int(thread))
	if t == nil {
		return nil, bad("TOPIC_ID_INVALID")
	}
	switch {
	case method == "editForumTopic" && t.Name == name, method == "closeForumTopic" && t.Closed, method == "reopenForumTopic" && !t.Closed:
		return nil, bad("TOPIC_NOT_MODIFIED")
	}
	if err := s.pace.take(chat, s.opts.Now()); err != nil {
		return nil, err
	}
	switch method {
	case "editForumTopic":
		t.Name = name
	case "closeForumTopic":
		t.Closed = true
	case "reopenForumTopic":
		t.Closed = false
	case "deleteForumTopic":
		g.drop(t.Thread)
	}
	return true, nil
}

func (s *Server) aboutGroup(method string, p params) (any, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	chat, _ := p.int("chat_id")
	g := s.groups[chat]
	switch {
	case g == nil:
		return nil, bad("chat not found")
	case g.status == "kicked" || g.status == "left":
		return nil, kicked
	case method == "getChat":
		about := g.chat()
		about["accent_color_id"], about["max_reaction_count"] = 0, 11
		return about, nil
	case p["user_id"] != "123456":
		return nil, bad("PARTICIPANT_ID_INVALID")
	}
	return g.member(), nil
}

// react holds to the reactions that a bot may use; the list is a part of Telegram's.
func (s *Server) react(p params) (any, *apiError) {
	var reactions []struct{ Type, Emoji string }
	if err := json.Unmarshal([]byte(p["reaction"]), &reactions); err != nil || len(reactions) > 1 {
		return nil, bad("can't parse reaction")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	chat, _ := p.int("chat_id")
	message, _ := p.int("message_id")
	g := s.groups[chat]
	switch {
	case g == nil:
		return nil, bad("chat not found")
	case g.people[int(message)].ID == 0:
		return nil, bad("message to react not found")
	case len(reactions) == 1 && (reactions[0].Type != "emoji" || !strings.Contains("👍👎❤🔥👏😁🤔👌🙏✍🤝🫡👀💯", reactions[0].Emoji)):
		return nil, bad("REACTION_INVALID")
	}
	delete(g.reactions, int(message))
	if len(reactions) == 1 {
		g.reactions[int(message)] = reactions[0].Emoji
	}
	return true, nil
}
