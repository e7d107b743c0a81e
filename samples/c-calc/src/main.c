/* calc: evaluates each line of the standard input. `name = expression` keeps the result. */
#include "expr.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The same few lines as in parse.c: a duplicate body that the linker keeps. */
static void skip_space(const char **at)
{
    while (**at == ' ' || **at == '\t' || **at == '\r' || **at == '\n')
        ++*at;
}

/* If `line` starts with `name =`, copies the name and returns what follows. */
static const char *assignment(const char *line, char name[MAX_NAME])
{
    skip_space(&line);
    size_t length = 0;
    while (isalnum((unsigned char)line[length]) || line[length] == '_')
        length++;
    const char *rest = line + length;
    skip_space(&rest);
    if (length == 0 || length >= MAX_NAME || *rest != '=')
        return NULL;
    memcpy(name, line, length);
    name[length] = '\0';
    return rest + 1;
}

/* Exported for hosts that set variables before they call _start; none does. */
__attribute__((export_name("calc_set"))) void calc_set(char letter, double value)
{
    char name[2] = {letter, '\0'};
    variable_set(name, value);
}

int main(void)
{
    char line[1024];
    unsigned number = 0, failures = 0;
    while (fgets(line, sizeof line, stdin)) {
        number++;
        char name[MAX_NAME];
        const char *target = assignment(line, name);
        const char *text = target ? target : line;
        skip_space(&text);
        if (!*text || *text == '#')
            continue;
        struct failure failure = {0};
        double result;
        struct expr *expr = expr_parse(text, &failure);
        if (expr && expr_eval(expr, &result, &failure)) {
            if (target)
                variable_set(name, result);
            printf("%s%s%.15g\n", target ? name : "", target ? " = " : "", result);
        } else {
            failures++;
            fprintf(stderr, "line %u, column %zu: %s\n", number, failure.column, failure.message);
        }
        expr_free(expr);
    }
    return failures ? 1 : 0;
}
