package telegram

import (
	"encoding/json"
	"testing"

	"github.com/go-telegram/bot/models"

	"orientir/bot"
)

func TestIncoming(t *testing.T) {
	t.Parallel()
	const chat = `"chat":{"id":7,"type":"private"},"from":{"id":7,"is_bot":false,"first_name":"Мария","language_code":"bg"},"date":1764000000`
	cases := []struct {
		name, update string
		want         bot.Incoming
		ignored      bool
	}{
		{name: "text", update: `{"update_id":1,"message":{"message_id":5,` + chat + `,"text":"здравейте"}}`,
			want: bot.Incoming{Kind: bot.Text, Text: "здравейте", MessageID: "5", EventID: "u1"}},
		{name: "command with the bot's name and a deep link", update: `{"update_id":2,"message":{"message_id":6,` + chat + `,"text":"/start@orientir_bot place-12259","entities":[{"type":"bot_command","offset":0,"length":19}]}}`,
			want: bot.Incoming{Kind: bot.Command, Command: "start", Argument: "place-12259", MessageID: "6", EventID: "u2"}},
		{name: "location", update: `{"update_id":3,"message":{"message_id":7,` + chat + `,"location":{"latitude":43.2,"longitude":23.5}}}`,
			want: bot.Incoming{Kind: bot.Location, Lat: 43.2, Lon: 23.5, MessageID: "7", EventID: "u3"}},
		{name: "photo with words", update: `{"update_id":4,"message":{"message_id":8,` + chat + `,"photo":[],"caption":"какво е това"}}`,
			want: bot.Incoming{Kind: bot.Text, Text: "какво е това", MessageID: "8", EventID: "u4"}},
		{name: "their own phone, by the button", update: `{"update_id":11,"message":{"message_id":8,` + chat + `,"contact":{"phone_number":"359888123456","first_name":"Мария","user_id":7}}}`,
			want: bot.Incoming{Kind: bot.Contact, Text: "+359888123456", MessageID: "8", EventID: "u11"}},
		{name: "somebody else's card", update: `{"update_id":12,"message":{"message_id":8,` + chat + `,"contact":{"phone_number":"+359888123456","first_name":"Иван","user_id":9}}}`,
			want: bot.Incoming{Kind: bot.Unsupported, MessageID: "8", EventID: "u12"}},
		{name: "edited caption", update: `{"update_id":13,"edited_message":{"message_id":5,` + chat + `,"caption":"ето"}}`,
			want: bot.Incoming{Kind: bot.Edited, Text: "ето", Replaces: "5", EventID: "u13"}},
		{name: "sticker", update: `{"update_id":5,"message":{"message_id":9,` + chat + `,"sticker":{"file_id":"x","file_unique_id":"y","type":"regular","width":1,"height":1}}}`,
			want: bot.Incoming{Kind: bot.Unsupported, MessageID: "9", EventID: "u5"}},
		{name: "edit", update: `{"update_id":6,"edited_message":{"message_id":5,` + chat + `,"text":"здравей"}}`,
			want: bot.Incoming{Kind: bot.Edited, Text: "здравей", Replaces: "5", EventID: "u6"}},
		{name: "button", update: `{"update_id":7,"callback_query":{"id":"c","from":{"id":7,"is_bot":false,"first_name":"Мария","language_code":"bg"},"data":"rate:good:3","message":{"message_id":5,"date":1764000000,` + `"chat":{"id":7,"type":"private"}}}}`,
			want: bot.Incoming{Kind: bot.Button, Data: "rate:good:3", MessageID: "5", EventID: "u7"}},
		{name: "blocked", update: `{"update_id":8,"my_chat_member":{` + chat + `,"old_chat_member":{"status":"member","user":{"id":1,"is_bot":true,"first_name":"b"}},"new_chat_member":{"status":"kicked","until_date":0,"user":{"id":1,"is_bot":true,"first_name":"b"}}}}`,
			want: bot.Incoming{Kind: bot.Blocked, EventID: "u8"}},
		{name: "a group is nobody's conversation", update: `{"update_id":9,"message":{"message_id":5,"chat":{"id":-7,"type":"group"},"date":1764000000,"text":"здравейте"}}`, ignored: true},
		{name: "an unknown kind of update", update: `{"update_id":10,"poll":{"id":"1"}}`, ignored: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var u models.Update
			if err := json.Unmarshal([]byte(c.update), &u); err != nil {
				t.Fatal(err)
			}
			got, ok := incoming(u)
			if ok == c.ignored {
				t.Fatalf("taken: %v", ok)
			}
			if c.ignored {
				return
			}
			if got.At.IsZero() {
				t.Error("no time")
			}
			if got.ContactKey != "7" || got.Channel != Channel {
				t.Errorf("contact %q on %q", got.ContactKey, got.Channel)
			}
			if c.want.Kind != bot.Blocked && got.Language != "bg" {
				t.Errorf("language %q", got.Language)
			}
			got.At, got.ContactKey, got.Channel, got.Language = c.want.At, "", "", ""
			if got != c.want {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}
