/* From text to a tree, by descent. */
#include "calc.h"
#include "lib/small.h"
#include <ctype.h>

static struct tree *read_one(const char **text)
{
    struct tree *tree;

    if (**text == '(') {
        ++*text;
        tree = read_sum(text);
        if (*(*text)++ != ')')
            die("a parenthesis is not closed");
        return tree;
    }
    if (isalpha((unsigned char)**text))
        return number(value_of_name(text));
    return number(read_number(text));
}

static struct tree *read_product(const char **text)
{
    struct tree *tree = read_one(text);

    while (**text == '*' || **text == '/') {
        char kind = *(*text)++;
        tree = node(kind, tree, read_one(text));
    }
    return tree;
}

struct tree *read_sum(const char **text)
{
    struct tree *tree = read_product(text);

    while (**text == '+' || **text == '-') {
        char kind = *(*text)++;
        tree = node(kind, tree, read_product(text));
    }
    return tree;
}
