package bot

import (
	"time"

	"orientir/knowledge"
)

// Preview is what the bot would answer with a guide, for whoever writes it: the same words and buttons, but no library, since nobody asks from a
// place. now is in Europe/Sofia.
func Preview(g knowledge.Guide, age knowledge.Age, language string, now time.Time) Message {
	d := dialog{now: now, person: person{Language: language}}
	body := d.guideBody(g, age, "", nil, 1)
	body.Language = language
	return Message{From: Robot, Kind: "reply", Body: &body, At: now, Delivered: &now}
}
