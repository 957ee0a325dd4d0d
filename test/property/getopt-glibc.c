/*
 * Runs getopt_long() of the C library over many command lines.
 *
 * Standard input: "N name has_arg key" long options, "S letter has_arg key" short options, then per command
 * line "L count" followed by that many arguments in hexadecimal, one per line. Output per command line:
 * "O key [value]", "P word" and "E message" lines, all texts in hexadecimal, then ".".
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct option long_options[512];
static int long_count;
static int short_keys[256];
static char short_options[1024];

static char *decode(const char *hex)
{
	size_t length = strspn(hex, "0123456789abcdef") / 2;
	char *text = calloc(length + 1, 1);
	for (size_t i = 0; i < length; i++)
		sscanf(hex + 2 * i, "%2hhx", (unsigned char *) text + i);
	return text;
}

static void print_hex(const char *text)
{
	for (; *text; text++)
		printf("%02x", (unsigned char) *text);
}

static void run(int argc, char **argv)
{
	char *messages = NULL;
	size_t size = 0;
	FILE *saved = stderr;
	int c;

	stderr = open_memstream(&messages, &size);
	optind = 0;
	while ((c = getopt_long(argc, argv, short_options, long_options, NULL)) != -1)
	{
		size_t before = size;

		fflush(stderr);
		/* "-?" is an option too; after a mistake there is a message. */
		if (c == '?' && size > before)
			continue;
		printf("O %d", c >= 1000 ? c - 1000 : short_keys[c]);
		if (optarg)
		{
			putchar(' ');
			print_hex(optarg);
		}
		putchar('\n');
	}
	fclose(stderr);
	stderr = saved;
	for (; optind < argc; optind++)
	{
		printf("P ");
		print_hex(argv[optind]);
		putchar('\n');
	}
	for (char *line = strtok(messages, "\n"); line; line = strtok(NULL, "\n"))
	{
		printf("E ");
		print_hex(line);
		putchar('\n');
	}
	puts(".");
}

int main(void)
{
	static char line[65536];

	while (fgets(line, sizeof line, stdin))
	{
		char name[128], letter;
		int has_arg, key, count;

		if (sscanf(line, "N %127s %d %d", name, &has_arg, &key) == 3)
			long_options[long_count++] = (struct option){strdup(name), has_arg, NULL, 1000 + key};
		else if (sscanf(line, "S %c %d %d", &letter, &has_arg, &key) == 3)
		{
			short_keys[(unsigned char) letter] = key;
			strncat(short_options, &letter, 1);
			strcat(short_options, has_arg == 0 ? "" : has_arg == 1 ? ":" : "::");
		}
		else if (sscanf(line, "L %d", &count) == 1)
		{
			char **argv = calloc(count + 2, sizeof(char *));

			argv[0] = "repmgr";
			for (int i = 1; i <= count && fgets(line, sizeof line, stdin); i++)
				argv[i] = decode(line);
			run(count + 1, argv);
		}
	}
	return 0;
}
