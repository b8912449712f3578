"""Images: validation, standardisation, and pixels from reconstructions."""

import numpy as np
import pytest
import torch

from fa_sklearn._inputs import ImageReader


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, size=(11, 6, 5, 3), dtype=np.uint8)


def standardised(images, of=None):
    """Divided by 255, then by channel standardised as `of` is, in float64; channels first."""
    scaled = images / 255
    reference = scaled if of is None else of / 255
    mean, std = reference.mean(axis=(0, 1, 2)), reference.std(axis=(0, 1, 2))
    return ((scaled - mean) / std).transpose(0, 3, 1, 2)


def test_uint8_moments_are_numpys_in_float64(images):
    reader = ImageReader()
    reader.read(images, "Net", reset=True)
    pixels = images.reshape(-1, 3).astype(np.float64)
    assert np.allclose(reader.mean, pixels.mean(axis=0), rtol=1e-7, atol=0)
    assert np.allclose(reader.scale, pixels.std(axis=0), rtol=1e-7, atol=0)


def test_moments_of_more_images_than_one_block():
    images = np.random.default_rng(1).integers(0, 256, size=(2500, 2, 2, 1), dtype=np.uint8)
    images[2000:] //= 4
    reader = ImageReader()
    reader.read(images, "Net", reset=True)
    assert reader.mean == pytest.approx(images.mean(dtype=np.float64), rel=1e-6)
    assert reader.scale == pytest.approx(images.std(dtype=np.float64), rel=1e-6)


def test_uint8_batches_are_standardised_by_channel(images):
    samples = ImageReader().read(images, "Net", reset=True)
    rows = np.array([9, 0, 3])
    batch = samples.take(rows)
    assert batch.lengths is None
    assert batch.X.dtype == torch.float32
    assert np.allclose(batch.X, standardised(images)[rows], rtol=0, atol=1e-6)
    assert batch.X.is_contiguous(memory_format=torch.channels_last)


def test_later_images_are_standardised_as_those_of_fit(images):
    reader = ImageReader()
    reader.read(images, "Net", reset=True)
    dark = images // 3
    batch = reader.read(dark, "Net", reset=False).take(np.arange(11))
    assert np.allclose(batch.X, standardised(dark, of=images), rtol=0, atol=1e-6)


def test_floats_are_taken_as_they_are(images):
    values = images * 0.7 - 3
    batch = ImageReader().read(values, "Net", reset=True).take(np.array([2, 5]))
    assert np.array_equal(batch.X, values[[2, 5]].transpose(0, 3, 1, 2).astype(np.float32))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_the_users_images_are_left_alone(images, dtype):
    values = images.astype(dtype)
    before = values.copy()
    ImageReader().read(values, "Net", reset=True).take(np.arange(11)).X.add_(1)
    assert np.array_equal(values, before)


def test_a_constant_channel_becomes_zero(images):
    images[..., 1] = 77
    batch = ImageReader().read(images, "Net", reset=True).take(np.arange(11))
    assert (batch.X[:, 1] == 0).all() and torch.isfinite(batch.X).all()


def test_shape_is_channels_first_for_the_net(images):
    reader = ImageReader()
    samples = reader.read(images, "Net", reset=True)
    assert reader.input_shape == (3, 6, 5)
    assert reader.n_features == 3
    assert len(samples) == 11 and samples.lengths is None


def test_restored_pixels_are_the_images(images):
    reader = ImageReader()
    samples = reader.read(images, "Net", reset=True)
    restored = reader.inverse_transform(samples.take(np.arange(11)).X.numpy(), None)
    assert restored.dtype == np.uint8 and np.array_equal(restored, images)


def test_restored_uint8_pixels_are_rounded_and_clipped(images):
    reader = ImageReader()
    reader.read(images, "Net", reset=True)
    wild = np.random.default_rng(2).normal(scale=3, size=(4, 3, 6, 5)).astype(np.float32)
    expected = wild.transpose(0, 2, 3, 1) * images.std(axis=(0, 1, 2)) + images.mean(
        axis=(0, 1, 2)
    )
    difference = reader.inverse_transform(wild, None) - np.clip(np.rint(expected), 0, 255)
    # A value within float32's error of a half may round either way.
    assert np.abs(difference).max() <= 1 and (difference != 0).mean() < 0.01


def test_restored_floats_are_floats(images):
    reader = ImageReader()
    samples = reader.read(images / 255, "Net", reset=True)
    restored = reader.inverse_transform(samples.take(np.arange(11)).X.numpy(), None)
    assert restored.dtype == np.float32 and np.allclose(restored, images / 255, atol=1e-7)
