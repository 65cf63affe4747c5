import { describe, expect, it } from 'vitest';
import { formatSpec, parameterName, parseSpec, toggled, withRate } from '../src/model/spec';

describe('the text that names analyzers', () => {
  it.each([
    ['motion', [{ name: 'motion', rate: 0, query: '' }]],
    ['objects@5fps', [{ name: 'objects', rate: 5, query: '' }]],
    ['objects@2.5fps?threshold=0.5', [{ name: 'objects', rate: 2.5, query: 'threshold=0.5' }]],
    [
      'objects?model=a%2Bb.onnx&classes=cell%20phone@x+hands@10fps+faces?min=0.1',
      [
        { name: 'objects', rate: 0, query: 'model=a%2Bb.onnx&classes=cell%20phone@x' },
        { name: 'hands', rate: 10, query: '' },
        { name: 'faces', rate: 0, query: 'min=0.1' },
      ],
    ],
  ])('%s is read, and written as it was', (text, parts) => {
    expect(parseSpec(text)).toEqual(parts);
    expect(formatSpec(parts)).toBe(text);
  });

  it('joining and taking out leaves the parameters of the others', () => {
    const before = parseSpec('objects@5fps?threshold=0.5+hands');
    expect(formatSpec(toggled(before, 'faces'))).toBe('objects@5fps?threshold=0.5+hands+faces');
    expect(formatSpec(toggled(before, 'hands'))).toBe('objects@5fps?threshold=0.5');
    expect(formatSpec(withRate(before, 'objects', 0))).toBe('objects?threshold=0.5+hands');
    expect(formatSpec(withRate(before, 'hands', 2))).toBe('objects@5fps?threshold=0.5+hands@2fps');
    expect(before).toEqual(parseSpec('objects@5fps?threshold=0.5+hands'));
  });

  it('a parameter has its analyzer before it only among several', () => {
    expect(parameterName(parseSpec('objects@5fps'), 'objects', 'threshold')).toBe('threshold');
    expect(parameterName(parseSpec('objects+hands'), 'objects', 'threshold')).toBe('objects.threshold');
  });
});
