package sidebyside

import (
	"context"
	"fmt"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/bg" // stop words; bleve has no stemmer for Bulgarian
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	"github.com/blevesearch/bleve/v2/analysis/token/lowercase"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/unicode"
	"github.com/blevesearch/bleve/v2/mapping"

	"orientir/retrieval"
)

// bleveEngine is an index in memory: each text is a field for the Bulgarian analyzer and one for the English.
type bleveEngine struct {
	index bleve.Index
	slugs []string
}

func newBleve(documents []document) (*bleveEngine, error) {
	m := bleve.NewIndexMapping()
	if err := m.AddCustomAnalyzer("bg", map[string]any{
		"type": custom.Name, "tokenizer": unicode.Name, "token_filters": []string{lowercase.Name, "stop_bg"},
	}); err != nil {
		return nil, fmt.Errorf("make the Bulgarian analyzer: %w", err)
	}
	text := bleve.NewDocumentStaticMapping()
	for _, analyzer := range []string{"bg", en.AnalyzerName} {
		field := mapping.NewTextFieldMapping()
		field.Analyzer, field.Store, field.IncludeTermVectors = analyzer, false, false
		text.AddFieldMappingsAt(analyzer, field)
	}
	m.DefaultMapping = text
	m.ScoringModel = "bm25"
	index, err := bleve.NewMemOnly(m)
	if err != nil {
		return nil, fmt.Errorf("open a bleve index: %w", err)
	}
	e := &bleveEngine{index: index}
	batch := index.NewBatch()
	for i, d := range documents {
		e.slugs = append(e.slugs, d.slug)
		if err := batch.Index(fmt.Sprint(i), map[string]string{"bg": d.text, en.AnalyzerName: d.text}); err != nil {
			return nil, fmt.Errorf("index a document: %w", err)
		}
	}
	if err := index.Batch(batch); err != nil {
		return nil, fmt.Errorf("index %d documents: %w", len(documents), err)
	}
	return e, nil
}

func (e *bleveEngine) answer(ctx context.Context, question string) (retrieval.Answer, error) {
	bg, english := bleve.NewMatchQuery(question), bleve.NewMatchQuery(question)
	bg.SetField("bg")
	english.SetField(en.AnalyzerName)
	r, err := e.index.SearchInContext(ctx, bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(bg, english), mostFound, 0, false))
	if err != nil {
		return retrieval.Answer{}, fmt.Errorf("search bleve: %w", err)
	}
	var list []found
	for _, hit := range r.Hits {
		var i int
		if _, err := fmt.Sscan(hit.ID, &i); err != nil {
			return retrieval.Answer{}, fmt.Errorf("read the document %q: %w", hit.ID, err)
		}
		list = append(list, found{e.slugs[i], hit.Score})
	}
	return answer(list), nil
}
