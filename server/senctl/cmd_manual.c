/* cmd_manual.c: senctl completion and senctl man: made of the table of commands, so that they cannot be behind it. */

#include "common/base/buf.h"
#include "server/senctl/ctl.h"

#define TEXT_MAX ((size_t)1 << 20)

static bool is_word(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-';
}

/* A word of the command line itself: an option, or the first of a form; not the value that "vi|en" stands for. */
static bool is_typed(const char *word, size_t len, bool begins)
{
	char behind = word[len];

	if (len == 0 || (behind != '\0' && behind != ' ' && behind != ']' && behind != '|'))
		return false;
	return begins || (len > 2 && word[0] == '-' && word[1] == '-');
}

/* What can be typed behind a command: options, and the first words of its forms ("add FILE | list"). */
static void add_words(struct buf *b, const char *usage)
{
	bool begins = true;

	for (const char *p = usage; *p;) {
		size_t len = 0;

		while (is_word(p[len]))
			len++;
		if (is_typed(p, len, begins))
			buf_printf(b, " %.*s", (int)len, p);
		/* " | " divides forms; "jsonl|syslog" is one word of an option. */
		begins = len == 0 && ((*p == '|' && p > usage && p[-1] == ' ') || (begins && *p == ' '));
		p += len > 0 ? len : 1;
	}
}

static struct str completion(struct ctl *c)
{
	struct buf b = buf_new(c->arena, TEXT_MAX);

	buf_add_c(&b, "# bash completion for senctl: eval \"$(senctl completion)\"\n"
	              "_senctl() {\n"
	              "\tlocal word=${COMP_WORDS[COMP_CWORD]} command= i words\n"
	              "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	              "\t\tcase ${COMP_WORDS[i]} in\n"
	              "\t\t--config | --token-file | --lang | --after) ((i++)) ;;\n"
	              "\t\t-*) ;;\n"
	              "\t\t*) command=${COMP_WORDS[i]} && break ;;\n"
	              "\t\tesac\n"
	              "\tdone\n"
	              "\tcase $command in\n"
	              "\t'') words=\"--config --token-file --json --dry-run --after --lang --help");
	for (size_t i = 0; i < n_commands; i++)
		buf_printf(&b, " %s", commands[i].name);
	buf_add_c(&b, "\" ;;\n");
	for (size_t i = 0; i < n_commands; i++) {
		buf_printf(&b, "\t%s) words=\"--json", commands[i].name);
		add_words(&b, commands[i].usage);
		buf_add_c(&b, "\" ;;\n");
	}
	buf_add_c(&b, "\tesac\n"
	              "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	              "\t[ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	              "}\n"
	              "complete -F _senctl senctl\n");
	return buf_str(&b);
}

/* roff takes a backslash, and a dot or apostrophe at the beginning of a line, for its own; "-" for a hyphen. */
static void add_roff(struct buf *b, const char *text)
{
	for (; *text; text++) {
		if (*text == '\\')
			buf_add_c(b, "\\e");
		else if (*text == '-')
			buf_add_c(b, "\\-");
		else
			buf_add_char(b, *text);
	}
}

static struct str manual(struct ctl *c)
{
	struct buf b = buf_new(c->arena, TEXT_MAX);

	buf_add_c(&b, ".TH SENCTL 1 \"\" \"sen\" \"User Commands\"\n.SH NAME\nsenctl \\- the command line of operators and administrators of sen\n"
	              ".SH SYNOPSIS\n.B senctl\n[\\-\\-config FILE] [\\-\\-token\\-file FILE] [\\-\\-json] [\\-\\-dry\\-run] [\\-\\-lang vi|en] COMMAND ...\n"
	              ".SH DESCRIPTION\nCommands of operators (migrate, bootstrap, keys, doctor, audit verify and retention) use the database.  The others go through the administration API with the administrator\\(cqs own sign\\-in.\n"
	              "Output is Vietnamese unless the environment or \\-\\-lang asks for English; with \\-\\-json it is JSON.\n.SH COMMANDS\n");
	for (size_t i = 0; i < n_commands; i++) {
		buf_add_c(&b, ".TP\n.B ");
		add_roff(&b, commands[i].name);
		buf_add_c(&b, " ");
		add_roff(&b, commands[i].usage);
		buf_add_c(&b, "\n");
		add_roff(&b, commands[i].en);
		buf_add_c(&b, "\n");
	}
	buf_add_c(&b, ".SH EXIT STATUS\n0 done, 1 failed or refused, 2 wrong usage or configuration.\n"
	              ".SH ENVIRONMENT\n.TP\n.B LC_ALL, LC_MESSAGES, LANG\nEnglish when the first that is set begins with \"en\".\n"
	              ".SH FILES\n.TP\n.I /etc/sen/senctl.conf\nThe configuration; \\fBsenctl config \\-\\-sample\\fR prints one with every key.\n"
	              ".SH SEE ALSO\nThe API is described in docs/openapi.json, its errors in docs/api\\-errors.md.\n");
	return buf_str(&b);
}

static int print_text(struct ctl *c, struct str (*make)(struct ctl *c))
{
	int r = ctl_options(c, NULL, 0, 0, 1);

	if (r == EXIT_OK) {
		struct str text = make(c);

		fwrite(text.p, 1, text.len, stdout);
	}
	return r;
}

int cmd_completion(struct ctl *c)
{
	return print_text(c, completion);
}

int cmd_man(struct ctl *c)
{
	return print_text(c, manual);
}
