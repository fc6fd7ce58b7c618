// Package retrieval finds the guide that answers a question, or knows that none does.
// All of it can be rebuilt from package knowledge.
//
// It owns chunks, the index cursor per model, learned weights by version, and the answers given with their evidence.
// It reads knowledge's guides and sample questions. The bot, the public API and the terminal commands call it.
package retrieval
