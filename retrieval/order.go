package retrieval

import "regexp"

// orderPattern finds text that speaks to a program and not to a person. Guides have no such sentences, so one that does was
// put there to mislead; a model doesn't get to see it, and nothing in it vouches for what a model says. The list can't be whole:
// what it misses is still held to the guide's facts, its exceptions and the language asked for.
var orderPattern = regexp.MustCompile(`(?i)` +
	`игнорира|(?:пренебрегн|забрав|зачеркн)\p{L}* (?:всичк|предишн|предходн|горн|инструкц)|` +
	`(?:важно|бележка|указани\p{L}+|инструкци\p{L}+|съобщение|внимание) за (?:асистент|модел|бот|чатбот|програм)\p{L}*|` +
	`(?:^|\P{L})(?:до|към) (?:асистента|модела|бота|чатбота)(?:\P{L}|$)|(?:^|\P{L})(?:до|към|за) (?:ai|ии)(?:\P{L}|$)|` +
	`изкуствен\p{L}* интелект|езиков\p{L}* модел|системн\p{L}* (?:промпт|инструкц|съобщен)|промпт|` +
	`(?:^|\P{L})(?:отговаряй|отговори|повтаряй|преструвай се)(?:\P{L}|$)|(?:^|\P{L})(?:напиши|кажи|казвай|пиши) |(?:^|\P{L})кажете на (?:потребител|човек|питащ)|` +
	`(?:^|\P{L})ти си |вие сте (?:асистент|модел|бот|програм)|` +
	`ignore (?:all|any|previous|prior|every|these|your|the (?:above|previous|rest|instructions|guide|rules|system))|disregard|forget (?:all|your|previous|everything)|` +
	`(?:previous|system|hidden|your) (?:instruction|prompt)|\bprompts?\b|you are (?:now )?(?:an? )?(?:ai\b|assistant|bot\b|chatbot|model|program)|as an ai\b|language model|` +
	`(?:to|dear|for) the (?:assistant|model|bot)\b|\bassistant:|\bchatbot\b|(?:tell|inform|convince) the (?:user|person|reader)\b|(?:respond|reply|answer) (?:with|only|always|that)\b|` +
	`always (?:say|answer|tell|reply)\b|</?\p{L}+>|<\||\|>|\[\[|\]\]|\[/?inst|###|` + "```")

// orders tells whether a text gives orders to a program.
func orders(text string) bool { return orderPattern.MatchString(text) }
