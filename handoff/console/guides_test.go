package console

// whoGuides is who may use the pages of guides; see who.
var whoGuides = map[string]string{
	"GET /console/guides":                             "e",
	"GET /console/guides/{slug}":                      "e",
	"POST /console/guides/{slug}/send":                "e",
	"POST /console/guides/{slug}/recall":              "e",
	"POST /console/guides/{slug}/publish":             "e",
	"POST /console/guides/{slug}/drop":                "e",
	"POST /console/guides/{slug}/return":              "e",
	"POST /console/guides/{slug}/retire":              "e",
	"POST /console/guides/{slug}/reopen":              "e",
	"GET /console/guides/{slug}/merge":                "e",
	"POST /console/guides/{slug}/merge":               "e",
	"GET /console/guides/{slug}/history":              "e",
	"GET /console/guides/{slug}/history/{a}":          "e",
	"GET /console/guides/{slug}/history/{a}/{b}":      "e",
	"POST /console/guides/{slug}/history/{a}/restore": "e",
	"GET /console/rules":                              "a",
	"POST /console/rules":                             "a",
}
