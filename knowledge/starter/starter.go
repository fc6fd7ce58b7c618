// Package starter holds the knowledge that ships with the program: guides as Markdown, and questions, help points, places,
// hosts, signposts and glossary as tables. See README.md for their formats.
// It owns no tables; knowledge loads it into its own.
package starter

import "embed"

// Files are the files of this folder.
//
//go:embed guides questions hosts.tsv help-points.csv places.csv signposts.tsv signpost-questions.tsv glossary.tsv
var Files embed.FS
