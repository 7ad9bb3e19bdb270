/* The loops of momentum_lab.train(), written as one would write them in C: online training of a
 * network with one tanh hidden layer and a softmax output, cross-entropy, heavy-ball momentum.
 * The flat order of the weights is the package's: input-hidden (row-major), hidden biases,
 * hidden-output (row-major), output biases. Compiled and called by training_speed.py. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

void train(int n_inputs, int n_hidden, int n_outputs, int64_t n_updates,
           const double *restrict inputs, const double *restrict targets,
           const int64_t *restrict order, double learning_rate, double momentum,
           double *restrict weights, double *restrict errors)
{
    const int hb = n_inputs * n_hidden;
    const int ho = hb + n_hidden;
    const int ob = ho + n_hidden * n_outputs;
    const int n_weights = ob + n_outputs;
    double *restrict gradient = malloc(n_weights * sizeof(double));
    double *restrict velocity = calloc(n_weights, sizeof(double));
    double *restrict hidden = malloc(n_hidden * sizeof(double));
    double *restrict outputs = malloc(n_outputs * sizeof(double));

    for (int64_t update = 0; update < n_updates; update++) {
        const double *x = inputs + order[update] * n_inputs;
        const double *t = targets + order[update] * n_outputs;

        for (int j = 0; j < n_hidden; j++)
            hidden[j] = weights[hb + j];
        for (int i = 0; i < n_inputs; i++)
            for (int j = 0; j < n_hidden; j++)
                hidden[j] += x[i] * weights[i * n_hidden + j];
        for (int j = 0; j < n_hidden; j++)
            hidden[j] = tanh(hidden[j]);

        for (int k = 0; k < n_outputs; k++)
            outputs[k] = weights[ob + k];
        for (int j = 0; j < n_hidden; j++)
            for (int k = 0; k < n_outputs; k++)
                outputs[k] += hidden[j] * weights[ho + j * n_outputs + k];
        double top = outputs[0], chosen = 0.0, total = 0.0;
        for (int k = 0; k < n_outputs; k++) {
            top = outputs[k] > top ? outputs[k] : top;
            chosen += t[k] * outputs[k];
        }
        for (int k = 0; k < n_outputs; k++) {
            outputs[k] = exp(outputs[k] - top);
            total += outputs[k];
        }
        errors[update] = top + log(total) - chosen;

        for (int k = 0; k < n_outputs; k++)
            gradient[ob + k] = outputs[k] / total - t[k];
        for (int j = 0; j < n_hidden; j++) {
            double back = 0.0;
            for (int k = 0; k < n_outputs; k++) {
                gradient[ho + j * n_outputs + k] = hidden[j] * gradient[ob + k];
                back += gradient[ob + k] * weights[ho + j * n_outputs + k];
            }
            gradient[hb + j] = back * (1.0 - hidden[j]) * (1.0 + hidden[j]);
        }
        for (int i = 0; i < n_inputs; i++)
            for (int j = 0; j < n_hidden; j++)
                gradient[i * n_hidden + j] = x[i] * gradient[hb + j];

        for (int w = 0; w < n_weights; w++) {
            velocity[w] = momentum * velocity[w] - learning_rate * gradient[w];
            weights[w] += velocity[w];
        }
    }
    free(gradient);
    free(velocity);
    free(hidden);
    free(outputs);
}
