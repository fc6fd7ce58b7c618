package console

// quickKey is a row of the list of quick keys: what to press and what it does.
type quickKey struct {
	Keys []string
	What string
}

// quickKeys lists keys in the language of the page. Each pair is the keys and the phrase of what they do.
func (f frame) quickKeys(pairs ...quickKey) []quickKey {
	for i := range pairs {
		pairs[i].What = f.D("key_" + pairs[i].What)
	}
	return pairs
}

// Keys are the quick keys of the queue.
func (p queuePage) Keys() []quickKey {
	return p.quickKeys(quickKey{[]string{"J"}, "next"}, quickKey{[]string{"K"}, "previous"}, quickKey{[]string{"Enter"}, "enter"},
		quickKey{[]string{"C"}, "claim"}, quickKey{[]string{"?"}, "help"})
}

// Keys are the quick keys of a chat.
func (c chat) Keys() []quickKey {
	return c.quickKeys(quickKey{[]string{"R"}, "reply"}, quickKey{[]string{"S"}, "find"}, quickKey{[]string{"/"}, "canned"},
		quickKey{[]string{"Ctrl", "Enter"}, "send"}, quickKey{[]string{"N"}, "note"}, quickKey{[]string{"Q"}, "queue"}, quickKey{[]string{"?"}, "help"})
}
