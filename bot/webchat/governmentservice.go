package webchat

import (
	"strings"
	"time"

	"orientir/knowledge"
)

// governmentService says a guide in schema.org's words, for search engines: https://schema.org/GovernmentService. The page at address
// holds it as a block of data, in the language of its text.
func governmentService(g knowledge.Guide, t knowledge.Text, language knowledge.Language, address string) map[string]any {
	service := map[string]any{
		"@context":    "https://schema.org",
		"@type":       "GovernmentService",
		"@id":         address + "#service",
		"name":        t.Title,
		"description": t.Summary,
		"url":         address,
		"inLanguage":  string(language),
		"areaServed":  map[string]any{"@type": "Country", "name": "България", "identifier": "BG"},
		"audience":    audiences(g.Audience, language),
	}
	if t.Authority != "" {
		provider := map[string]any{"@type": "GovernmentOrganization", "name": t.Authority}
		service["provider"], service["serviceOperator"] = provider, provider
	}
	if names := append(append([]string{}, t.Names...), t.Formerly...); len(names) > 0 {
		service["alternateName"] = names
	}
	if g.Link != "" && g.Status == knowledge.Active {
		channel := map[string]any{"@type": "ServiceChannel", "serviceUrl": g.Link, "availableLanguage": "bg"}
		if t.Where != "" {
			channel["description"] = t.Where
		}
		channels := []any{channel}
		for _, d := range g.Local {
			channels = append(channels, map[string]any{"@type": "ServiceChannel", "name": d.Name(), "serviceUrl": d.Link})
		}
		service["availableChannel"] = channels
	}
	var offers []any
	for _, f := range t.Fees {
		offers = append(offers, map[string]any{"@type": "Offer", "description": f.What, "price": float64(f.Cents) / 100, "priceCurrency": "EUR"})
	}
	if offers != nil {
		service["offers"] = offers
	}
	page := map[string]any{"@type": "WebPage", "@id": address}
	if !g.PublishedAt.IsZero() {
		page["dateModified"] = g.PublishedAt.UTC().Format(time.RFC3339)
	}
	if checked, ok := g.Checked(); ok {
		page["lastReviewed"] = checked.UTC().Format(time.DateOnly)
	}
	service["mainEntityOfPage"] = page
	return service
}

// audiences are for whom a service is.
func audiences(a knowledge.Audience, language knowledge.Language) []any {
	words := map[knowledge.Language][2]string{knowledge.Bulgarian: {"граждани", "фирми"}, knowledge.English: {"citizens", "businesses"}}[language]
	var list []any
	if a != knowledge.Business {
		list = append(list, map[string]any{"@type": "PeopleAudience", "audienceType": words[0]})
	}
	if a != knowledge.Citizen {
		list = append(list, map[string]any{"@type": "BusinessAudience", "audienceType": words[1]})
	}
	return list
}

// short is an address as people read it on paper: without the scheme, which no browser asks for.
func short(address string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://"), "/")
}
