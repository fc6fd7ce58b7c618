package privacy

// Public is a set of phone numbers and e-mail addresses that are not personal: those that stand in guides and help points.
// It is not changed once it is made, so several goroutines may use it. A nil one is empty.
type Public struct {
	phones, addresses map[string]bool
}

// NewPublic collects the phones and addresses in texts. What a text lists without a word for it is found too, where it has the form
// of a phone; of a help point's own field say so, with «тел. » before it.
func NewPublic(texts ...string) *Public {
	p := &Public{map[string]bool{}, map[string]bool{}}
	for _, text := range texts {
		p.add(text)
	}
	return p
}

func (p *Public) add(text string) {
	t := newReading(text, nil)
	if !t.worth {
		return
	}
	for _, s := range emails(t) {
		p.addresses[string(t.plain[s.from:s.to])] = true
	}
	for _, s := range numbers(t) {
		if s.kind != Phone {
			continue
		}
		digits := make([]byte, 0, mostAbroad)
		for _, r := range t.plain[s.from:s.to] {
			if digit(r) {
				digits = append(digits, byte(r))
			}
		}
		p.phones[national(string(digits))] = true
	}
}

func (p *Public) phone(digits string) bool { return p != nil && p.phones[national(digits)] }

func (p *Public) address(address string) bool { return p != nil && p.addresses[address] }
