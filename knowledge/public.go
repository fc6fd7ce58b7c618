package knowledge

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"orientir/knowledge/privacy"
	"orientir/knowledge/starter"
)

// Mask hides personal numbers, as privacy.Mask does, but for the phones and addresses that stand in guides and help points,
// and says which kinds it hid.
func (s *Store) Mask(ctx context.Context, text string) (masked string, kinds []privacy.Kind, err error) {
	// Most texts hold no phone and no address: what is public needn't be known for them.
	masked, kinds = privacy.Mask(text)
	if !hasContact(kinds) {
		return masked, kinds, nil
	}
	guides, err := s.guideContacts.get(ctx, s)
	if err != nil {
		return "", nil, fmt.Errorf("read the public phones of guides: %w", err)
	}
	points, err := s.pointContacts.get(ctx, s)
	if err != nil {
		return "", nil, fmt.Errorf("read the public phones of help points: %w", err)
	}
	masked, kinds = privacy.Mask(text, guides, points)
	return masked, kinds, nil
}

// MaskButLines masks words about an office: also fixed lines stay, which may be its new ones (see privacy.MaskButLines).
func (s *Store) MaskButLines(ctx context.Context, text string) (string, error) {
	masked, kinds := privacy.MaskButLines(text)
	if !hasContact(kinds) {
		return masked, nil
	}
	guides, err := s.guideContacts.get(ctx, s)
	if err != nil {
		return "", fmt.Errorf("read the public phones of guides: %w", err)
	}
	points, err := s.pointContacts.get(ctx, s)
	if err != nil {
		return "", fmt.Errorf("read the public phones of help points: %w", err)
	}
	masked, _ = privacy.MaskButLines(text, guides, points)
	return masked, nil
}

// MaskAcross hides what is personal only together with the message before, as privacy.Across does, but for what is public.
func (s *Store) MaskAcross(ctx context.Context, before, text string) (maskedBefore, masked string, kinds []privacy.Kind, err error) {
	maskedBefore, masked, kinds = privacy.Across(before, text)
	if !hasContact(kinds) {
		return maskedBefore, masked, kinds, nil
	}
	guides, err := s.guideContacts.get(ctx, s)
	if err != nil {
		return "", "", nil, fmt.Errorf("read the public phones of guides: %w", err)
	}
	points, err := s.pointContacts.get(ctx, s)
	if err != nil {
		return "", "", nil, fmt.Errorf("read the public phones of help points: %w", err)
	}
	maskedBefore, masked, kinds = privacy.Across(before, text, guides, points)
	return maskedBefore, masked, kinds, nil
}

// ReadyToMask reads what is public where that isn't at hand, for who masks later, with a connection in hand: with many of them at once nobody would
// have one left to read it with.
func (s *Store) ReadyToMask(ctx context.Context) error {
	if _, err := s.guideContacts.get(ctx, s); err != nil {
		return fmt.Errorf("read the public phones of guides: %w", err)
	}
	if _, err := s.pointContacts.get(ctx, s); err != nil {
		return fmt.Errorf("read the public phones of help points: %w", err)
	}
	return nil
}

func hasContact(kinds []privacy.Kind) bool {
	for _, k := range kinds {
		if k == privacy.Phone || k == privacy.Email {
			return true
		}
	}
	return false
}

func (s *Store) loadGuideContacts(ctx context.Context) (*privacy.Public, error) {
	guides, err := s.Guides(ctx)
	if err != nil {
		return nil, err
	}
	return privacy.NewPublic(guideWords(guides)...), nil
}

func (s *Store) loadPointContacts(ctx context.Context) (*privacy.Public, error) {
	d, err := s.loadDirectory(ctx)
	if err != nil {
		return nil, err
	}
	return privacy.NewPublic(pointWords(d.points)...), nil
}

// StarterContacts are the phones and addresses in the guides and help points that ship with the program, for who has no database at hand.
func StarterContacts() (*privacy.Public, error) { return starterContacts(starter.Files) }

func starterContacts(files fs.FS) (*privacy.Public, error) {
	items, err := readStarter(files)
	if err != nil {
		return nil, fmt.Errorf("read starter knowledge: %w", err)
	}
	var guides []Guide
	for _, item := range items["guide"] {
		guides = append(guides, item.data.(Guide))
	}
	data, err := fs.ReadFile(files, "help-points.csv")
	if err != nil {
		return nil, fmt.Errorf("read starter knowledge: %w", err)
	}
	records, err := readPoints(data)
	if err != nil {
		return nil, fmt.Errorf("read starter knowledge: help-points.csv: %w", err)
	}
	var points []HelpPoint
	for _, r := range records {
		points = append(points, r.point)
	}
	return privacy.NewPublic(append(guideWords(guides), pointWords(points)...)...), nil
}

// guideWords are the texts of guides in which a phone or an address may stand.
func guideWords(guides []Guide) (words []string) {
	for _, g := range guides {
		for _, local := range g.Local {
			words = append(words, "тел. "+local.Contact)
			words = slices.AppendSeq(append(words, local.Office), maps.Values(local.Fee))
			words = slices.AppendSeq(words, maps.Values(local.Note))
		}
		for _, t := range g.Text {
			words = append(words, "тел. "+t.Contact, t.Authority, t.Summary, t.Who, t.Where, t.IdentificationNote, t.FeeNote, t.Time)
			for _, list := range [][]string{t.Exceptions, t.Steps, t.Needed, t.Deadlines, t.GoodToKnow} {
				words = append(words, list...)
			}
		}
	}
	return words
}

// pointWords are the contacts of help points.
func pointWords(points []HelpPoint) (words []string) {
	for _, h := range points {
		for _, phone := range h.Phones {
			words = append(words, "тел. "+phone)
		}
		words = append(words, h.Email)
	}
	return words
}

// strict hides what can be no office's in what editors and files bring: ЕГН, ЛНЧ and cards. Phones, addresses and accounts of offices stay.
func strict(text string) string {
	masked, _ := privacy.MaskOnly(text, privacy.EGN, privacy.LNCH, privacy.Card)
	return masked
}

// inside hides what is of a person in what editors write to each other: also numbers of documents, codes and passwords. An office's phone, address and
// account stay, since a note may be about them.
func inside(text string) string {
	masked, _ := privacy.MaskOnly(text, privacy.EGN, privacy.LNCH, privacy.Card, privacy.Document, privacy.Code, privacy.Password)
	return masked
}

// masked is the guide without personal numbers in all that is written freely in it, and with its doors named in the one way.
func (g Guide) masked() Guide {
	texts := map[Language]Text{}
	for language, t := range g.Text {
		t.Fees = slices.Clone(t.Fees)
		for i := range t.Fees {
			t.Fees[i].What = strict(t.Fees[i].What)
		}
		for _, field := range []*string{&t.Title, &t.Authority, &t.Contact, &t.Summary, &t.Who, &t.Where, &t.IdentificationNote, &t.FeeNote, &t.Time} {
			*field = strict(*field)
		}
		for _, list := range []*[]string{&t.Exceptions, &t.Steps, &t.Needed, &t.Deadlines, &t.GoodToKnow, &t.Names, &t.Formerly} {
			*list = strictAll(*list)
		}
		texts[language] = t
	}
	g.Text, g.TitleEnglish, g.Why = texts, strict(g.TitleEnglish), inside(g.Why)
	g.Related, g.ReplacedBy, g.Municipality = strictAll(g.Related), strict(g.ReplacedBy), strict(g.Municipality) // a draft holds what was typed, right or wrong
	g.Apart, g.Local, g.Sources = slices.Clone(g.Apart), slices.Clone(g.Local), slices.Clone(g.Sources)
	for i := range g.Apart {
		g.Apart[i].Slug, g.Apart[i].How = strict(g.Apart[i].Slug), strictIn(g.Apart[i].How)
	}
	for i, l := range g.Local {
		g.Local[i].Municipality = doorName(strict(l.Municipality))
		g.Local[i].Contact, g.Local[i].Office, g.Local[i].Fee, g.Local[i].Note = strict(l.Contact), strict(l.Office), strictIn(l.Fee), strictIn(l.Note)
	}
	for i := range g.Sources {
		g.Sources[i].Title = strict(g.Sources[i].Title)
	}
	return g
}

// strictIn is strict for each language; nil stays nil.
func strictIn(words map[Language]string) map[Language]string {
	words = maps.Clone(words)
	for l := range words {
		words[l] = strict(words[l])
	}
	return words
}

// strictAll is strict for each of a list; a nil list stays nil.
func strictAll(list []string) []string {
	out := slices.Clone(list)
	for i := range out {
		out[i] = strict(out[i])
	}
	return out
}
