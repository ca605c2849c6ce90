/** The digits of a number without sign or exponent, for use in regular expressions. */
export const decimal = String.raw`\d+(?:\.\d+)?`

/** A decimal number times a factor without the noise of binary fractions: 1.001 times 1000 is 1001. */
export const scale = (digits: string, factor: number): number => {
  const product = Number(digits) * factor
  return digits.includes('.') ? Number(product.toPrecision(15)) : product
}
