/* The value of a tree. */
#include "calc.h"
#include "lib/small.h"

long eval(const struct tree *tree)
{
    long left, right;

    if (tree->kind == '0')
        return tree->number;
    left = eval(tree->left);
    right = eval(tree->right);
    switch (tree->kind) {
    case '+': return left + right;
    case '-': return left - right;
    case '*': return left * right;
    }
    if (right == 0)
        die("division by zero");
    return left / right;
}
